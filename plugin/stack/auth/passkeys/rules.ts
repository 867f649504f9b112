import { hasVerifiedFactor } from '../db/users.ts';
import { forbidden, unprocessable } from '../errors.ts';
import type { SignedIn } from '../guards.ts';

// GoTrue v2.196 internal/api/passkey_registration.go

export const MAX_PASSKEYS = 10;

/** @throws AuthError 422 for users of SSO, 403 without aal2 for users with a second factor */
export function checkMayManage({ user, session }: SignedIn): void {
  if (user.is_sso_user) throw unprocessable('validation_failed', 'SSO users cannot register passkeys');
  if (hasVerifiedFactor(user) && session?.aal !== 'aal2') {
    throw forbidden('insufficient_aal', 'AAL2 session is required to manage passkeys when MFA is enabled');
  }
}

export const tooManyPasskeys = (): Error =>
  unprocessable('too_many_passkeys', 'Maximum number of passkeys reached');
