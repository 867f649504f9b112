import type { Session, SupabaseClient, User } from '@supabase/supabase-js';
import { SignJWT } from 'jose';
import { randomBytes } from 'node:crypto';
import { decodeJwt } from '../shared/jwt.ts';

export interface NewUser {
  /** Default: a random one. */
  readonly email?: string;
  /** Default: a random one. */
  readonly password?: string;
  readonly userMetadata?: Readonly<Record<string, unknown>>;
  readonly appMetadata?: Readonly<Record<string, unknown>>;
  /** Seconds from now until the access token expires; negative: it has expired. Default: `[auth] jwt_expiry`. */
  readonly expiresIn?: number;
}

/** A user, with a password, who can sign in. */
export interface CreatedUser {
  readonly email: string;
  readonly password: string;
}

/** Creates a user with a confirmed address. */
export async function createUser(admin: SupabaseClient, wanted: NewUser): Promise<CreatedUser> {
  const email = wanted.email ?? `user-${randomBytes(6).toString('hex')}@example.com`;
  const password = wanted.password ?? randomBytes(12).toString('base64url');
  const { error } = await admin.auth.admin.createUser({
    email,
    password,
    email_confirm: true,
    user_metadata: { ...wanted.userMetadata },
    app_metadata: { ...wanted.appMetadata },
  });
  if (error) throw error;
  return { email, password };
}

/** A new session of a user, through a client that then has it. */
export async function startSession(
  client: SupabaseClient,
  { email, password }: CreatedUser,
): Promise<{ session: Session; user: User }> {
  const { data, error } = await client.auth.signInWithPassword({ email, password });
  if (error) throw error;
  return data;
}

/**
 * The same session, `expiresIn` seconds before its access token expires. Its refresh token is unchanged, so that the next use
 * of an expired one gets a new one, as in an app that was closed for a while.
 */
export async function withExpiry(
  session: Session,
  expiresIn: number | undefined,
  jwtSecret: string,
): Promise<Session> {
  if (expiresIn === undefined) return session;
  const now = Math.floor(Date.now() / 1000);
  const expires = now + expiresIn;
  // Not issued in the future, nor after its end.
  const claims = {
    ...decodeJwt(session.access_token)?.claims,
    iat: Math.min(now, expires) - 1,
    exp: expires,
  };
  const signed = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(new TextEncoder().encode(jwtSecret));
  return { ...session, access_token: signed, expires_in: expiresIn, expires_at: expires };
}
