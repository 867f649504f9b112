import webPush from 'web-push';
import { call } from './database.ts';

/** A key pair of VAPID (RFC 8292), by which push services recognize this application. */
export interface Keys {
  readonly publicKey: string;
  readonly privateKey: string;
}

let keys: Promise<Keys> | undefined;

/**
 * The secrets VAPID_PUBLIC_KEY and VAPID_PRIVATE_KEY. Without them, the first call generates a pair, which the database
 * keeps: a browser's subscription is good for one public key only.
 */
export function readKeys(): Promise<Keys> {
  keys ??= findKeys().catch((error: unknown) => {
    keys = undefined;
    throw error;
  });
  return keys;
}

async function findKeys(): Promise<Keys> {
  const publicKey = Deno.env.get('VAPID_PUBLIC_KEY');
  const privateKey = Deno.env.get('VAPID_PRIVATE_KEY');
  if (publicKey && privateKey) return { publicKey, privateKey };
  const kept = await call<{ [name in keyof Keys]: string | null }>('keep_push_keys', {});
  if (kept.publicKey !== null) return kept as Keys;
  const made: Keys = webPush.generateVAPIDKeys();
  return call<Keys>('keep_push_keys', { public_key: made.publicKey, private_key: made.privateKey });
}
