import type { Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { transaction } from '../db/database.ts';
import { deleteFlowState, findFlowState, isFlowExpired, verifyCodeVerifier } from '../db/flow-states.ts';
import { deleteSessionsOfUser } from '../db/sessions.ts';
import {
  findUserByEmail,
  findUserById,
  findUserByPhone,
  isBanned,
  isConfirmed,
  isPhoneConfirmed,
  type User,
} from '../db/users.ts';
import { hasHook, runHook } from '../hooks.ts';
import { badRequest, invalid, notFound, unprocessable } from '../errors.ts';
import { json, type Reply } from '../http/reply.ts';
import { readParams, takeFormValue } from '../http/request.ts';
import { findPasswordWeakness, verifyPassword } from '../passwords.ts';
import { issueSession } from '../tokens/issue.ts';
import { refreshSession } from '../tokens/refresh.ts';
import { formatPhone } from '../validate.ts';
import { idTokenGrant } from './id-token.ts';
import { audienceOf } from '../roles.ts';

const PASSWORD = {
  name: 'PasswordGrantParams',
  fields: { email: 'string', phone: 'string', password: 'string' },
} as const;
const REFRESH = { name: 'RefreshTokenGrantParams', fields: { refresh_token: 'string' } } as const;
const PKCE = { name: 'PKCEGrantParams', fields: { auth_code: 'string', code_verifier: 'string' } } as const;

/** POST /token, by `grant_type`. */
export async function token(ctx: Context): Promise<Reply> {
  const grants: Readonly<Record<string, (ctx: Context) => Promise<Reply>>> = {
    password: passwordGrant,
    refresh_token: refreshGrant,
    pkce: pkceGrant,
    id_token: idTokenGrant,
    web3: refuseWeb3,
  };
  const grant = grants[takeFormValue(ctx.req, 'grant_type')];
  if (!grant) throw badRequest('invalid_credentials', 'unsupported_grant_type');
  ctx.limiter.checkRequest('token', ctx.req);
  return grant(ctx);
}

const wrongCredentials = (): Error => badRequest('invalid_credentials', 'Invalid login credentials');

async function passwordGrant(ctx: Context): Promise<Reply> {
  const params = readParams(ctx.req, PASSWORD);
  if (params.email !== '' && params.phone !== '') {
    throw invalid('Only an email address or phone number should be provided on login.');
  }
  const user = await findLogin(ctx, params);
  if (!user) throw wrongCredentials();
  if (isBanned(user)) throw badRequest('user_banned', 'User is banned');
  const isRight = await verifyPassword(user.encrypted_password, params.password);
  await askPasswordHook(ctx, user, isRight);
  if (!isRight) throw wrongCredentials();
  if (params.email !== '' && !isConfirmed(user))
    throw badRequest('email_not_confirmed', 'Email not confirmed');
  if (params.phone !== '' && !isPhoneConfirmed(user)) {
    throw badRequest('phone_not_confirmed', 'Phone not confirmed');
  }
  const { response } = await transaction(ctx.pool, async (db) => {
    await writeAudit(db, user, 'login', { provider: params.email === '' ? 'phone' : 'email' });
    return issueSession(ctx, db, user, 'password');
  });
  return json({
    ...response,
    weak_password: findPasswordWeakness(ctx.settings.password, params.password) ?? null,
  });
}

function findLogin(
  ctx: Context,
  params: { readonly email: string; readonly phone: string },
): Promise<User | undefined> {
  const aud = audienceOf(ctx.req);
  if (params.email !== '') {
    if (!ctx.settings.email.enabled)
      throw unprocessable('email_provider_disabled', 'Email logins are disabled');
    return findUserByEmail(ctx.pool, params.email, aud);
  }
  if (params.phone === '') throw invalid('missing email or phone');
  if (!ctx.settings.sms.enabled) throw unprocessable('phone_provider_disabled', 'Phone logins are disabled');
  return findUserByPhone(ctx.pool, formatPhone(params.phone), aud);
}

async function askPasswordHook(ctx: Context, user: User, valid: boolean): Promise<void> {
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

async function refreshGrant(ctx: Context): Promise<Reply> {
  const { refresh_token } = readParams(ctx.req, REFRESH);
  if (!/^[a-z\d]{12}$/.test(refresh_token)) throw invalid('Refresh token is not valid');
  return json(await refreshSession(ctx, refresh_token));
}

async function pkceGrant(ctx: Context): Promise<Reply> {
  const params = readParams(ctx.req, PKCE);
  if (params.auth_code === '' || params.code_verifier === '') {
    throw invalid('invalid request: both auth code and code verifier should be non-empty');
  }
  const missing = (): Error =>
    notFound('flow_state_not_found', 'invalid flow state, no valid flow state found');
  const flow = await findFlowState(ctx.pool, { code: params.auth_code });
  if (!flow?.user_id || flow.code_challenge === null) throw missing();
  if (isFlowExpired(flow)) {
    throw unprocessable('flow_state_expired', 'invalid flow state, flow state has expired');
  }
  const user = await findUserById(ctx.pool, flow.user_id);
  if (!user) throw missing();
  if (!verifyCodeVerifier(flow.code_challenge, flow.code_challenge_method ?? 'plain', params.code_verifier)) {
    throw badRequest('bad_code_verifier', 'code challenge does not match previously saved code verifier');
  }
  const { response } = await transaction(ctx.pool, async (db) => {
    if (!(await deleteFlowState(db, flow.id))) throw missing();
    await writeAudit(db, user, 'login', { provider_type: flow.provider_type });
    return issueSession(ctx, db, user, flow.authentication_method);
  });
  return json({
    ...response,
    ...(flow.provider_access_token ? { provider_token: flow.provider_access_token } : {}),
    ...(flow.provider_refresh_token ? { provider_refresh_token: flow.provider_refresh_token } : {}),
  });
}

async function refuseWeb3(): Promise<Reply> {
  throw unprocessable('web3_provider_disabled', 'Web3 provider is disabled');
}
