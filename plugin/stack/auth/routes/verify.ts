import type { Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { timestamp, transaction, type Db } from '../db/database.ts';
import { findFlowStateOfUser, updateFlowState } from '../db/flow-states.ts';
import { updateIdentityData } from '../db/identities.ts';
import { clearOneTimeTokens } from '../db/one-time-tokens.ts';
import { hasPassword, isConfirmed, reloadUser, updateUser, type User } from '../db/users.ts';
import { updateProviders } from '../db/providers.ts';
import { AuthError, badRequest, invalid, unprocessable } from '../errors.ts';
import { json, redirect, type Reply } from '../http/reply.ts';
import { readParams } from '../http/request.ts';
import { hashPassword, randomPassword } from '../passwords.ts';
import { issueSession, type TokenResponse } from '../tokens/issue.ts';
import { redirectTarget, withFragment, withQuery } from '../urls.ts';
import { checkEmail, checkPhone, hashCode, PKCE_PREFIX } from '../validate.ts';
import { confirmEmail } from './signup.ts';
import { replacePassword } from './user.ts';
import { confirmEmailChange, confirmSms } from './verify-changes.ts';
import { verifyCode, verifyLink, type Verification } from './verify-token.ts';
import { audienceOf } from '../roles.ts';

const VERIFY = {
  name: 'VerifyParams',
  fields: {
    type: 'string',
    token: 'string',
    token_hash: 'string',
    email: 'string',
    phone: 'string',
    redirect_to: 'string',
  },
} as const;

const HALF_CONFIRMED = 'Confirmation link accepted. Please proceed to confirm link sent to the other email';

/** POST /verify: a typed code, or the hash from a link, for a session. */
export async function verifyPost(ctx: Context): Promise<Reply> {
  const params = readParams(ctx.req, VERIFY);
  const verification = checkVerification(params);
  const aud = audienceOf(ctx.req);
  const password = await passwordForInvited(verification.type);
  const response = await transaction(ctx.pool, async (db) => {
    const isLink = params.token === '';
    const user = isLink
      ? await verifyLink(ctx, db, verification)
      : await verifyCode(ctx, db, verification, aud);
    const isDone = await confirm(ctx, db, user, verification, password);
    return isDone ? signIn(ctx, db, user) : undefined;
  });
  return json(response ?? { code: '200', msg: HALF_CONFIRMED });
}

/** GET /verify: the link of a mail. Ends in a redirect with the session, an auth code (PKCE) or the error. */
export async function verifyGet(ctx: Context): Promise<Reply> {
  const type = ctx.req.query.get('type') ?? '';
  const token = ctx.req.query.get('token') ?? '';
  const target = redirectTarget(ctx);
  if (type === '') throw invalid('Verify requires a verification type');
  if (token === '') throw invalid('Verify requires a token or a token hash');
  const isPkce = token.startsWith(PKCE_PREFIX);
  const verification: Verification = { type, token, tokenHash: token, email: '', phone: '' };
  const finish = (location: string): Reply => redirect(location, 303, ctx.req.method);
  try {
    const password = await passwordForInvited(type);
    return await transaction(ctx.pool, async (db) => {
      const user = await verifyLink(ctx, db, verification);
      const isDone = await confirm(ctx, db, user, verification, password);
      if (!isDone) {
        const message = { message: HALF_CONFIRMED };
        return finish(
          withFragment(isPkce ? withQuery(target, message) : target, { ...message, sb: '' }, 'escaped twice'),
        );
      }
      if (isPkce) {
        await prepareSignIn(db, user);
        return finish(withQuery(target, { code: await issueAuthCode(db, user, type) }));
      }
      const session = await signIn(ctx, db, user);
      return finish(withFragment(target, sessionFragment(session, { type })));
    });
  } catch (error) {
    if (!(error instanceof AuthError)) throw error;
    return finish(errorLocation(target, error, isPkce));
  }
}

/** A session as parameters of a fragment. */
export function sessionFragment(
  session: TokenResponse,
  extra: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    access_token: session.access_token,
    token_type: session.token_type,
    expires_in: String(session.expires_in),
    expires_at: String(session.expires_at),
    refresh_token: session.refresh_token,
    sb: '',
    ...extra,
  };
}

const OAUTH_ERRORS: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'unauthorized_client',
  403: 'access_denied',
  500: 'server_error',
  503: 'temporarily_unavailable',
};

function errorLocation(target: string, error: AuthError, isPkce: boolean): string {
  const name = OAUTH_ERRORS[error.status];
  const params = {
    ...(name === undefined ? {} : { error: name }),
    error_code: error.code,
    error_description: error.message,
  };
  return withFragment(isPkce ? withQuery(target, params) : target, { ...params, sb: '' }, 'escaped twice');
}

function checkVerification(params: {
  readonly type: string;
  readonly token: string;
  readonly token_hash: string;
  readonly email: string;
  readonly phone: string;
  readonly redirect_to: string;
}): Verification {
  const { type, token, token_hash } = params;
  if (type === '') throw invalid('Verify requires a verification type');
  if ((token === '') === (token_hash === '')) {
    throw invalid('Verify requires either a token or a token hash');
  }
  if (token === '') {
    if (params.email !== '' || params.phone !== '' || params.redirect_to !== '') {
      throw invalid('Only the token_hash and type should be provided');
    }
    return { type, token, tokenHash: token_hash, email: '', phone: '' };
  }
  if (params.phone !== '' && params.email === '') {
    const phone = checkPhone(params.phone);
    return { type, token, tokenHash: hashCode(phone, token), email: '', phone };
  }
  if (params.email !== '' && params.phone === '') {
    const email = checkEmailOfVerify(params.email);
    return { type, token, tokenHash: hashCode(email, token), email, phone: '' };
  }
  throw invalid('Only an email address or phone number should be provided on verify');
}

function checkEmailOfVerify(email: string): string {
  try {
    return checkEmail(email);
  } catch {
    throw unprocessable('validation_failed', 'Invalid email format');
  }
}

/** Hashing takes time that no transaction should be held open for. */
function passwordForInvited(type: string): Promise<string> | undefined {
  return type === 'signup' || type === 'invite' || type === 'email'
    ? hashPassword(randomPassword())
    : undefined;
}

/** Does what the proof is for. False: a change of address that the other address has still to confirm. */
async function confirm(
  ctx: Context,
  db: Db,
  user: User,
  verification: Verification,
  password: string | undefined,
): Promise<boolean> {
  switch (verification.type) {
    case 'signup':
    case 'invite':
      if (!hasPassword(user) && user.invited_at !== null && password !== undefined) {
        await replacePassword(db, user, password, undefined);
      }
      await writeAudit(db, user, 'user_signedup', { provider: 'email' });
      await confirmEmail(db, user);
      for (const identity of user.identities) {
        if (identity.email !== '' && identity.email === user.email) {
          await updateIdentityData(db, identity, { email_verified: true });
        }
      }
      return true;
    case 'recovery':
    case 'magiclink':
      await updateUser(db, user, { recovery_token: '' });
      await clearOneTimeTokens(db, user.id);
      await writeAudit(
        db,
        user,
        isConfirmed(user) ? 'login' : 'user_signedup',
        isConfirmed(user) ? undefined : { provider: 'email' },
      );
      if (!isConfirmed(user)) await confirmEmail(db, user);
      return true;
    case 'email_change':
      return confirmEmailChange(ctx, db, user, verification.tokenHash);
    case 'sms':
    case 'phone_change':
      await confirmSms(ctx, db, user, verification.type, verification.phone);
      return true;
    default:
      throw invalid('Unsupported verification type');
  }
}

async function prepareSignIn(db: Db, user: User): Promise<void> {
  await updateProviders(db, user);
  await reloadUser(db, user);
}

async function signIn(ctx: Context, db: Db, user: User): Promise<TokenResponse> {
  await prepareSignIn(db, user);
  const { response } = await issueSession(ctx, db, user, 'otp');
  return response;
}

async function issueAuthCode(db: Db, user: User, type: string): Promise<string> {
  const method = type === 'signup' ? 'email/signup' : type;
  const flow = await findFlowStateOfUser(db, user.id, method);
  if (!flow?.auth_code) {
    throw badRequest(
      'flow_state_not_found',
      'No associated flow state found. 422: No valid flow state found for user.',
    );
  }
  await updateFlowState(db, flow, { auth_code_issued_at: timestamp() });
  return flow.auth_code;
}
