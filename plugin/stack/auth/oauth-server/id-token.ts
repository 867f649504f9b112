import type { JsonObject } from '../../../shared/json.ts';
import type { Context } from '../app.ts';
import { timestamp } from '../db/database.ts';
import type { Authorization } from '../db/oauth-authorizations.ts';
import { isConfirmed, isPhoneConfirmed, type User } from '../db/users.ts';
import { internal } from '../errors.ts';
import { issuer } from '../urls.ts';

// GoTrue v2.196 internal/tokens/service.go

/** The id_token of OpenID Connect, for the client. @throws AuthError 500 without an asymmetric signing key */
export async function signIdToken(
  ctx: Context,
  user: User,
  { client_id, nonce, scope }: Authorization,
): Promise<string> {
  const scopes = scope.split(' ');
  if (ctx.signer.algorithm === 'HS256') {
    throw internal('Error generating ID token', new Error('HS256 is not supported for ID token signing'));
  }
  const now = Math.floor(Date.now() / 1000);
  const phone = {
    ...(user.phone ? { phone_number: user.phone } : {}),
    phone_number_verified: isPhoneConfirmed(user),
  };
  return ctx.signer.sign({
    iss: issuer(ctx),
    sub: user.id,
    aud: client_id,
    exp: now + 3600,
    iat: now,
    ...(nonce ? { nonce } : {}),
    auth_time: Math.floor(Date.parse(user.last_sign_in_at ?? timestamp()) / 1000),
    ...(scopes.includes('email') ? { email: user.email, email_verified: isConfirmed(user) } : {}),
    ...(scopes.includes('phone') ? phone : {}),
    ...(scopes.includes('profile') ? profileClaims(user) : {}),
    client_id,
  });
}

/** The claims of scope `profile`. */
export function profileClaims(user: User): JsonObject {
  const data = user.raw_user_meta_data;
  const text = (...names: string[]): string =>
    names
      .map((name) => data[name])
      .find((value): value is string => typeof value === 'string' && value !== '') ?? '';
  const entries = Object.entries({
    name: text('name') || user.email,
    picture: text('picture', 'avatar_url'),
    preferred_username: text('preferred_username', 'username'),
    updated_at: Math.floor(Date.parse(user.updated_at) / 1000),
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== ''));
}
