import type { Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { transaction } from '../db/database.ts';
import { deleteSessionsOfUser } from '../db/sessions.ts';
import {
  findUserByEmail,
  findUserByPhone,
  isBanned,
  isConfirmed,
  isPhoneConfirmed,
  type User,
} from '../db/users.ts';
import { badRequest, invalid, unprocessable } from '../errors.ts';
import { hasHook, runHook } from '../hooks.ts';
import type { Reply } from '../http/reply.ts';
import { readParams } from '../http/request.ts';
import { audienceOf } from '../roles.ts';
import { verifyPassword } from '../secrets/password-hash.ts';
import { findPasswordWeakness } from '../secrets/password-rules.ts';
import { issueSession } from '../tokens/issue.ts';
import { formatPhone } from '../validate.ts';
import { sessionReply } from './session-reply.ts';

// GoTrue v2.196 internal/api/token.go

const PASSWORD = {
  name: 'PasswordGrantParams',
  fields: { email: 'string', phone: 'string', password: 'string' },
} as const;

/** `grant_type=password`: a session for an address or number and its password. */
export async function passwordGrant(ctx: Context): Promise<Reply> {
  const params = readParams(ctx.req, PASSWORD);
  if (params.email !== '' && params.phone !== '') {
    throw invalid('Only an email address or phone number should be provided on login.');
  }
  const user = await findLogin(ctx, params);
  if (!user) throw wrongCredentials();
  if (isBanned(user)) throw badRequest('user_banned', 'User is banned');
  const isRight = await verifyPassword(user.encrypted_password, params.password);
  await askHook(ctx, user, isRight);
  if (!isRight) throw wrongCredentials();
  if (params.email !== '' && !isConfirmed(user))
    throw badRequest('email_not_confirmed', 'Email not confirmed');
  if (params.phone !== '' && !isPhoneConfirmed(user)) {
    throw badRequest('phone_not_confirmed', 'Phone not confirmed');
  }
  const issued = await transaction(ctx.pool, async (db) => {
    await writeAudit(db, user, 'login', { traits: { provider: params.email === '' ? 'phone' : 'email' } });
    return issueSession(ctx, db, user, { method: 'password' });
  });
  const weakness = findPasswordWeakness(ctx.settings.password, params.password);
  return sessionReply(issued, { weak_password: weakness ?? null });
}

const wrongCredentials = (): Error => badRequest('invalid_credentials', 'Invalid login credentials');

function findLogin(
  ctx: Context,
  params: { readonly email: string; readonly phone: string },
): Promise<User | undefined> {
  const { email, sms } = ctx.settings;
  const aud = audienceOf(ctx.req);
  if (params.email !== '') {
    if (!email.enabled) throw unprocessable('email_provider_disabled', 'Email logins are disabled');
    return findUserByEmail(ctx.pool, params.email, aud);
  }
  if (params.phone === '') throw invalid('missing email or phone');
  if (!sms.enabled) throw unprocessable('phone_provider_disabled', 'Phone logins are disabled');
  return findUserByPhone(ctx.pool, formatPhone(params.phone), aud);
}

/** The hook `password_verification_attempt` may refuse the sign-in, and end the user's sessions. */
async function askHook(ctx: Context, user: User, valid: boolean): Promise<void> {
  if (!hasHook(ctx, 'password_verification_attempt')) return;
  const output = await runHook(ctx, 'password_verification_attempt', { user_id: user.id, valid });
  if (output.decision !== 'reject') return;
  if (output.should_logout_user === true) await deleteSessionsOfUser(ctx.pool, user.id);
  const message = typeof output.message === 'string' ? output.message : '';
  throw badRequest(
    'invalid_credentials',
    message || 'Further password verification attempts will be rejected.',
  );
}
