import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { JWK } from 'jose';
import { hasErrorCode } from '../shared/errors.ts';
import { isObject, parseJson } from '../shared/json.ts';
import { LOCAL_KEYS, LOCAL_SIGNING_KEY, signApiKey, type Keys } from './keys.ts';

const SECRETS = ['jwtSecret', 'secretKey', 's3AccessKey', 's3SecretKey'] as const;

/** The keys with which tokens and signatures are made; the publishable key is for everybody. */
type PrivateKeys = Pick<Keys, (typeof SECRETS)[number]> & { readonly signingKey: JWK };

/** Whether anybody can sign tokens that are valid here, because a key is the same for every local Supabase. */
export function areKeysPublic({ jwtSecret, signingKeys }: Pick<Keys, 'jwtSecret' | 'signingKeys'>): boolean {
  return jwtSecret === LOCAL_KEYS.jwtSecret || signingKeys.some(isPublicKey);
}

/** By its public half, so that another `kid` does not hide it. */
function isPublicKey(key: JWK): boolean {
  return key.x === LOCAL_SIGNING_KEY.x;
}

/**
 * Replaces the well-known keys by random ones, for a stack that other machines can reach. They are made once for each data
 * directory and kept there, in `keys.json` for its user alone; keys that the project configures itself stay.
 */
export async function replacePublicKeys(keys: Keys, dataDir: string): Promise<Keys> {
  const own = await readOrMake(join(dataDir, 'keys.json'));
  const replaced = {
    secretKey: keys.secretKey === LOCAL_KEYS.secretKey ? own.secretKey : keys.secretKey,
    s3AccessKey: own.s3AccessKey,
    s3SecretKey: own.s3SecretKey,
    signingKeys: keys.signingKeys.map((key) => (isPublicKey(key) ? own.signingKey : key)),
  };
  if (keys.jwtSecret !== LOCAL_KEYS.jwtSecret) return { ...keys, ...replaced };
  const { jwtSecret } = own;
  return {
    ...keys,
    ...replaced,
    jwtSecret,
    // Those of the project, if any, were signed with the well-known secret.
    anonKey: signApiKey('anon', jwtSecret),
    serviceRoleKey: signApiKey('service_role', jwtSecret),
  };
}

async function readOrMake(file: string): Promise<PrivateKeys> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (hasErrorCode(error, 'ENOENT')) return '';
    throw error;
  });
  const stored = parseJson(text);
  const known = hasSecrets(stored) ? stored : undefined;
  if (known && isObject(known.signingKey)) return known as PrivateKeys;
  const made: PrivateKeys = {
    jwtSecret: randomBytes(32).toString('base64url'),
    secretKey: `sb_secret_${randomBytes(24).toString('base64url')}`,
    s3AccessKey: randomBytes(16).toString('hex'),
    s3SecretKey: randomBytes(32).toString('hex'),
    // A file of an older version, which has no signing key.
    ...known,
    signingKey: makeSigningKey(),
  };
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  // Renamed into place, so that a crash leaves no half of it.
  await writeFile(`${file}.new`, `${JSON.stringify(made, undefined, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return made;
}

function makeSigningKey(): JWK {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = privateKey.export({ format: 'jwk' }) as JWK;
  return { ...jwk, kid: randomUUID(), use: 'sig', alg: 'ES256', key_ops: ['sign', 'verify'] };
}

function hasSecrets(value: unknown): value is Omit<PrivateKeys, 'signingKey'> & { signingKey?: unknown } {
  return (
    isObject(value) && SECRETS.every((name) => typeof value[name] === 'string' && value[name].length >= 32)
  );
}
