import { createHmac, createPrivateKey, sign, type KeyObject } from 'node:crypto';
import type { GatewayKeys } from '../../../plugin/gateway/target.ts';
import { LOCAL_SIGNING_KEY } from '../../../plugin/stack/keys.ts';

export const JWT_SECRET = 'super-secret-jwt-token-with-at-least-32-characters-long';

/** An HS256 token; `exp` is an hour ahead unless the claims have another one. */
export function signToken(
  claims: Readonly<Record<string, unknown>>,
  secret: string = JWT_SECRET,
  header: Readonly<Record<string, unknown>> = {},
): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const payload = { exp: Math.floor(Date.now() / 1000) + 3600, ...claims };
  const body = `${encode({ alg: 'HS256', typ: 'JWT', ...header })}.${encode(payload)}`;
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
}

const WELL_KNOWN = createPrivateKey({ key: { ...LOCAL_SIGNING_KEY }, format: 'jwk' });

/** An ES256 token, by default with the key that every local Supabase has. */
export function signEs256(
  claims: Readonly<Record<string, unknown>>,
  key: KeyObject = WELL_KNOWN,
  kid: string = LOCAL_SIGNING_KEY.kid,
): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const payload = { exp: Math.floor(Date.now() / 1000) + 3600, ...claims };
  const body = `${encode({ alg: 'ES256', kid, typ: 'JWT' })}.${encode(payload)}`;
  const signature = sign('sha256', Buffer.from(body), { key, dsaEncoding: 'ieee-p1363' });
  return `${body}.${signature.toString('base64url')}`;
}

export const KEYS: GatewayKeys = {
  publishableKey: 'sb_publishable_test',
  secretKey: 'sb_secret_test',
  anonKey: signToken({ role: 'anon', exp: 1983812996 }),
  serviceRoleKey: signToken({ role: 'service_role', exp: 1983812996 }),
  jwtSecret: JWT_SECRET,
  jwks: [],
};

export const USER_TOKEN: string = signToken({
  role: 'authenticated',
  sub: '8f4b5f4e-0000-4000-8000-000000000001',
});

/** A Cookie header as `@supabase/ssr` writes it: `base64-` and, above 3,180 characters, in chunks. */
export function sessionCookie(accessToken: string, ref = '127', padding = ''): string {
  const session = { access_token: accessToken, refresh_token: 'r', user: { id: 'u', padding } };
  const value = `base64-${Buffer.from(JSON.stringify(session)).toString('base64url')}`;
  const name = `sb-${ref}-auth-token`;
  if (value.length <= 3180) return `${name}=${value}`;
  const chunks = value.match(/.{1,3180}/g) ?? [];
  return chunks.map((chunk, index) => `${name}.${index}=${chunk}`).join('; ');
}
