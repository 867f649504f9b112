// Sends a new message to the devices of members who have no page open (Web Push). The database calls it (…_push.sql); the
// page asks it for the public key with which a browser subscribes.
import { allowOrigins, fail, isUuid, readInput, reply } from '../_shared/answers.ts';
import { describe } from './describe.ts';
import { readPush, removeSubscriptions } from './database.ts';
import { readKeys } from './keys.ts';
import { send } from './send.ts';

declare const EdgeRuntime: { waitUntil(promise: Promise<unknown>): void };

/** Milliseconds for a page of the same person to mark the message as read: then nobody needs a notification. */
const PATIENCE = 1_500;

Deno.serve(async (req) => {
  if (req.method === 'OPTIONS') return allowOrigins();
  if (req.method === 'GET') return reply({ public_key: (await readKeys()).publicKey });
  if (req.method !== 'POST') return fail(405, 'use GET or POST');
  const { message_id: id, secret } = await readInput(req);
  if (!isUuid(id) || typeof secret !== 'string') return fail(400, 'message_id and secret must be given');
  if (!(await readPush(id, secret))) return fail(403, 'only the database calls this');
  EdgeRuntime.waitUntil(
    notify(id, secret).catch((error: unknown) => console.error(`push: ${String(error)}`)),
  );
  return new Response(null, { status: 202 });
});

async function notify(id: string, secret: string): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, PATIENCE));
  const push = await readPush(id, secret);
  if (!push || push.subscriptions.length === 0) return;
  const keys = await readKeys();
  const notification = describe(push);
  const results = await Promise.all(
    push.subscriptions.map(async (subscription) => ({
      subscription,
      result: await send(subscription, notification, keys),
    })),
  );
  const gone = results.filter(({ result }) => result === 'gone').map(({ subscription }) => subscription);
  await removeSubscriptions(gone);
}
