import type { Context } from '../app.ts';
import { isConfirmed, isPhoneConfirmed } from '../db/users.ts';
import type { SignedIn } from '../guards.ts';
import { json, type Reply } from '../http/reply.ts';
import { profileClaims } from '../oauth-server/id-token.ts';
import { sortKeys } from '../tokens/serialize-user.ts';

// GoTrue v2.196 internal/api/oauthserver/handlers.go

/** GET /oauth/userinfo: claims by the scopes of the session (OpenID Connect 5.3). */
export function userInfo(_ctx: Context, { user, session }: SignedIn): Reply {
  const scopes = session?.scopes?.split(' ') ?? [];
  const email = {
    ...(user.email ? { email: user.email } : {}),
    ...(isConfirmed(user) ? { email_verified: true } : {}),
  };
  const phone = {
    ...(user.phone ? { phone: user.phone } : {}),
    ...(isPhoneConfirmed(user) ? { phone_verified: true } : {}),
  };
  return json(
    sortKeys({
      sub: user.id,
      ...(scopes.includes('email') ? email : {}),
      ...(scopes.includes('profile')
        ? { ...profileClaims(user), user_metadata: user.raw_user_meta_data }
        : {}),
      ...(scopes.includes('phone') ? phone : {}),
    }),
  );
}
