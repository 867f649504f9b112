import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrorCode } from '../shared/errors.ts';
import { isObject, parseJson } from '../shared/json.ts';
import { LOCAL_KEYS, signApiKey, type Keys } from './keys.ts';

/** The keys with which tokens and signatures are made; the publishable key is for everybody. */
type PrivateKeys = Pick<Keys, 'jwtSecret' | 'secretKey' | 's3AccessKey' | 's3SecretKey'>;

/** Whether anybody can sign tokens that are valid here, because the secret is the same for every local Supabase. */
export function areKeysPublic({ jwtSecret }: Pick<Keys, 'jwtSecret'>): boolean {
  return jwtSecret === LOCAL_KEYS.jwtSecret;
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
  };
  if (!areKeysPublic(keys)) return { ...keys, ...replaced };
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
  const known = parseJson(text);
  if (isPrivateKeys(known)) return known;
  const made: PrivateKeys = {
    jwtSecret: randomBytes(32).toString('base64url'),
    secretKey: `sb_secret_${randomBytes(24).toString('base64url')}`,
    s3AccessKey: randomBytes(16).toString('hex'),
    s3SecretKey: randomBytes(32).toString('hex'),
  };
  // Renamed into place, so that a crash leaves no half of it.
  await writeFile(`${file}.new`, `${JSON.stringify(made, undefined, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return made;
}

function isPrivateKeys(value: unknown): value is PrivateKeys {
  const names = ['jwtSecret', 'secretKey', 's3AccessKey', 's3SecretKey'] as const;
  return (
    isObject(value) && names.every((name) => typeof value[name] === 'string' && value[name].length >= 32)
  );
}
