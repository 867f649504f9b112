import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { JWK } from 'jose';
import { readKeys, type PartialKeys } from '../shared/environment.ts';
import { errorMessage, SupabaseDevError } from '../shared/errors.ts';
import { isObject } from '../shared/json.ts';
import { decodeJwt } from '../shared/jwt.ts';
import type { SupabaseConfig } from './config/config.ts';

/** The keys of a stack: opaque keys, the legacy JWTs that they are translated to, and the signing keys. */
export interface Keys {
  readonly publishableKey: string;
  readonly secretKey: string;
  /** JWT of role `anon`, signed with `jwtSecret`. */
  readonly anonKey: string;
  /** JWT of role `service_role`, signed with `jwtSecret`. */
  readonly serviceRoleKey: string;
  readonly jwtSecret: string;
  /** What Storage's S3 requests of role service_role are signed with. */
  readonly s3AccessKey: string;
  readonly s3SecretKey: string;
  /** Private JWKs, by default the CLI's; the first signs user tokens. Empty: HS256 with `jwtSecret`. */
  readonly signingKeys: readonly JWK[];
}

/** The Supabase CLI's well-known local values: public, the same on every machine. */
export const LOCAL_KEYS: Readonly<
  Record<'publishableKey' | 'secretKey' | 'jwtSecret' | 's3AccessKey' | 's3SecretKey', string>
> = Object.freeze({
  publishableKey: 'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH',
  secretKey: 'sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz',
  jwtSecret: 'super-secret-jwt-token-with-at-least-32-characters-long',
  s3AccessKey: '625729a08b95bf1b7ff351a663f3a23c',
  s3SecretKey: '850181e4652dd023b7a98c58ae0d2d34bd487ee0cc3254aed6eda37307425907',
});

/**
 * The key with which the Supabase CLI signs user tokens where `auth.signing_keys_path` names no others: public, the same on
 * every machine (cli apps/cli-go/pkg/config/config.go).
 */
export const LOCAL_SIGNING_KEY = Object.freeze({
  kty: 'EC',
  kid: 'b81269f1-21d8-4f2e-b719-c2240a840d90',
  use: 'sig',
  key_ops: ['sign', 'verify'],
  alg: 'ES256',
  ext: true,
  crv: 'P-256',
  x: 'M5Sjqn5zwC9Kl1zVfUUGvv9boQjCGd45G8sdopBExB4',
  y: 'P6IXMvA2WYXSHSOMTBH2jsw_9rrzGy89FjPf6oOsIxQ',
  d: 'dIhR8wywJlqlua4y_yMq2SLhlFXDZJBCvFrY1DCHyVU',
}) satisfies JWK;

const LOCAL_ISSUER = 'supabase-demo';
const LOCAL_EXPIRY = 1983812996;

/**
 * The keys of a local stack: those given, then config.toml (`[auth]`), then the CLI's local values.
 *
 * @param given by default those of the environment; variables for the page do not count (shared/environment.ts)
 * @throws SupabaseDevError KEYS_INVALID for a secret under 16 characters, a legacy key that is no JWT, or an unreadable signing key file.
 */
export async function resolveKeys(
  config: SupabaseConfig,
  given: PartialKeys = readKeys(config.env, 'server'),
): Promise<Keys> {
  const auth = config.section('auth');
  const jwtSecret = given.jwtSecret || auth.string('jwt_secret') || LOCAL_KEYS.jwtSecret;
  if (jwtSecret.length < 16) {
    throw new SupabaseDevError('KEYS_INVALID', 'auth.jwt_secret must have at least 16 characters', {
      hint: 'Set a longer auth.jwt_secret in supabase/config.toml, or SUPABASE_JWT_SECRET.',
    });
  }
  return {
    publishableKey: given.publishableKey || auth.string('publishable_key') || LOCAL_KEYS.publishableKey,
    secretKey: given.secretKey || auth.string('secret_key') || LOCAL_KEYS.secretKey,
    anonKey: onlyJwt('anon', given.anonKey || auth.string('anon_key')) ?? signApiKey('anon', jwtSecret),
    serviceRoleKey:
      onlyJwt('service_role', given.serviceRoleKey || auth.string('service_role_key')) ??
      signApiKey('service_role', jwtSecret),
    jwtSecret,
    s3AccessKey: LOCAL_KEYS.s3AccessKey,
    s3SecretKey: LOCAL_KEYS.s3SecretKey,
    signingKeys: await readSigningKeys(config, auth.string('signing_keys_path')),
  };
}

/** Developers put the new opaque keys into the settings of the legacy ones, which must be JWTs. */
function onlyJwt(role: string, key: string | undefined): string | undefined {
  if (!key || key.startsWith('sb_')) return undefined;
  if (decodeJwt(key)) return key;
  throw new SupabaseDevError('KEYS_INVALID', `the ${role} key is not a JWT`, {
    hint: `Remove auth.${role}_key from supabase/config.toml, or the variable with the key; the stack then signs one.`,
  });
}

/** A legacy API key. With the CLI's secret, these are exactly the CLI's well-known anon and service_role keys. */
export function signApiKey(role: 'anon' | 'service_role', secret: string): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const body = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ iss: LOCAL_ISSUER, role, exp: LOCAL_EXPIRY })}`;
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
}

async function readSigningKeys(config: SupabaseConfig, path: string | undefined): Promise<readonly JWK[]> {
  if (path === undefined || path === '') return [LOCAL_SIGNING_KEY];
  const file = resolve(config.supabaseDir, path);
  try {
    const keys: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (Array.isArray(keys) && keys.every(isJwk)) return keys;
    throw new Error('expected a JSON array of private JWKs with "kty" and "alg"');
  } catch (error) {
    throw new SupabaseDevError('KEYS_INVALID', `auth.signing_keys_path: ${file}: ${errorMessage(error)}`, {
      hint: 'Make the file with: supabase gen signing-key --algorithm ES256',
      cause: error,
    });
  }
}

function isJwk(value: unknown): value is JWK {
  return isObject(value) && 'kty' in value && 'alg' in value;
}
