import { confirmEmail } from '../accounts/confirm.ts';
import { applyPhoneChange, confirmEmailChange, confirmPhoneSignup } from '../accounts/contact-changes.ts';
import { updateProviders } from '../accounts/identities.ts';
import { replacePassword } from '../accounts/password.ts';
import { verifyCode, verifyLink, type Verification, type Verified } from '../accounts/verify-token.ts';
import type { Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { timestamp, transaction, type Db } from '../db/database.ts';
import { failAs } from '../db/failures.ts';
import { findFlowStateOfUser, updateFlowState } from '../db/flow-states.ts';
import { updateIdentityData } from '../db/identities.ts';
import { clearOneTimeTokens } from '../db/one-time-tokens.ts';
import { hasPassword, isConfirmed, reloadUser, updateUser, type User } from '../db/users.ts';
import { AuthError, badRequest, invalid, unprocessable } from '../errors.ts';
import type { Params } from '../http/go-json.ts';
import { json, redirect, type Reply } from '../http/reply.ts';
import { readParams } from '../http/request.ts';
import { audienceOf } from '../roles.ts';
import { hashCode } from '../secrets/codes.ts';
import { hashPassword } from '../secrets/password-hash.ts';
import { randomPassword } from '../secrets/password-rules.ts';
import { PKCE_PREFIX } from '../secrets/pkce.ts';
import { issueSession, type IssuedSession } from '../tokens/issue.ts';
import { redirectTarget, withFragment, withQuery } from '../urls.ts';
import { checkEmail, checkPhone } from '../validate.ts';
import { sessionFragment, sessionReply, withSession } from './session-reply.ts';

// GoTrue v2.196 internal/api/verify.go

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
  const verification = checkVerification(readParams(ctx.req, VERIFY));
  const aud = audienceOf(ctx.req);
  const password = await passwordForInvited(verification.type);
  const issued = await transaction(ctx.pool, async (db) => {
    const verified =
      verification.token === ''
        ? await verifyLink(ctx, db, verification)
        : await verifyCode(ctx, db, verification, aud);
    const isDone = await confirm(ctx, db, { ...verification, ...verified, password });
    return isDone ? signIn(ctx, db, verified.user) : undefined;
  });
  return issued ? sessionReply(issued) : json({ code: '200', msg: HALF_CONFIRMED });
}

/** GET /verify: the link of a mail. Ends in a redirect with the session, an auth code (PKCE) or the error. */
export async function verifyGet(ctx: Context): Promise<Reply> {
  const { method, query } = ctx.req;
  const type = query.get('type') ?? '';
  const token = query.get('token') ?? '';
  const target = redirectTarget(ctx);
  if (type === '') throw invalid('Verify requires a verification type');
  if (token === '') throw invalid('Verify requires a token or a token hash');
  const isPkce = token.startsWith(PKCE_PREFIX);
  const finish = (location: string): Reply => redirect(location, 303, method);
  try {
    const password = await passwordForInvited(type);
    const link = { type, token, tokenHash: token, email: '', phone: '' };
    return await transaction(ctx.pool, async (db) => {
      const verified = await verifyLink(ctx, db, link);
      const { user } = verified;
      const isDone = await confirm(ctx, db, { ...link, ...verified, password });
      if (!isDone) return finish(messageLocation(target, { message: HALF_CONFIRMED }, isPkce));
      if (isPkce) {
        await prepareSignIn(db, user);
        return finish(withQuery(target, { code: await issueAuthCode(db, user, type) }));
      }
      const { response, trace } = await signIn(ctx, db, user);
      const fragment = sessionFragment(response, { type });
      return withSession(finish(withFragment(target, fragment)), trace);
    });
  } catch (error) {
    if (!(error instanceof AuthError)) throw error;
    return finish(messageLocation(target, describeError(error), isPkce));
  }
}

const OAUTH_ERRORS: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'unauthorized_client',
  403: 'access_denied',
  500: 'server_error',
  503: 'temporarily_unavailable',
};

function describeError({ status, code, message }: AuthError): Record<string, string> {
  const name = OAUTH_ERRORS[status];
  return { ...(name === undefined ? {} : { error: name }), error_code: code, error_description: message };
}

/** The target with these parameters in the fragment and, in a PKCE flow, in the query too. */
function messageLocation(target: string, params: Record<string, string>, isPkce: boolean): string {
  return withFragment(isPkce ? withQuery(target, params) : target, { ...params, sb: '' }, 'escaped twice');
}

function checkVerification(params: Params<typeof VERIFY.fields>): Verification {
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

/** Hashed before the transaction begins, so that the connection need not wait for it. */
function passwordForInvited(type: string): Promise<string> | undefined {
  return type === 'signup' || type === 'invite' || type === 'email'
    ? hashPassword(randomPassword())
    : undefined;
}

type Confirmation = Verification & Verified & { readonly password: string | undefined };

/** Does what was verified. @returns false for a change of address that the other address must still confirm */
async function confirm(ctx: Context, db: Db, confirmation: Confirmation): Promise<boolean> {
  const { user, type, tokenHash, phone } = confirmation;
  switch (type) {
    case 'signup':
    case 'invite':
      await confirmSignup(db, confirmation);
      return true;
    case 'recovery':
    case 'magiclink':
      await confirmSignInCode(db, user).catch(failAs('Database error updating user'));
      return true;
    case 'email_change':
      return confirmEmailChange(ctx, db, user, tokenHash);
    case 'sms':
      await confirmPhoneSignup(db, user);
      return true;
    case 'phone_change':
      await applyPhoneChange(ctx, db, user, phone);
      return true;
    default:
      throw invalid('Unsupported verification type');
  }
}

async function confirmSignup(db: Db, { user, password }: Confirmation): Promise<void> {
  if (!hasPassword(user) && user.invited_at !== null && password !== undefined) {
    await replacePassword(db, user, password).catch(failAs('Error storing password'));
  }
  await writeAudit(db, user, 'user_signedup', { traits: { provider: 'email' } });
  await confirmEmail(db, user).catch(failAs('Error confirming user'));
  for (const identity of user.identities) {
    if (identity.email !== '' && identity.email === user.email) {
      await updateIdentityData(db, identity, { email_verified: true }).catch(
        failAs('Error setting email_verified to true on identity'),
      );
    }
  }
}

async function confirmSignInCode(db: Db, user: User): Promise<void> {
  await updateUser(db, user, { recovery_token: '' });
  await clearOneTimeTokens(db, user.id);
  if (isConfirmed(user)) {
    await writeAudit(db, user, 'login');
    return;
  }
  await writeAudit(db, user, 'user_signedup', { traits: { provider: 'email' } });
  await confirmEmail(db, user);
}

async function prepareSignIn(db: Db, user: User): Promise<void> {
  await updateProviders(db, user);
  await reloadUser(db, user);
}

async function signIn(ctx: Context, db: Db, user: User): Promise<IssuedSession> {
  await prepareSignIn(db, user);
  return issueSession(ctx, db, user, { method: 'otp' });
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
