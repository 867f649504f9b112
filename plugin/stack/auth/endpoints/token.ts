import type { Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { transaction } from '../db/database.ts';
import { deleteFlowState, findFlowState, isFlowExpired } from '../db/flow-states.ts';
import { findUserById } from '../db/users.ts';
import { badRequest, invalid, notFound, unprocessable } from '../errors.ts';
import type { Reply } from '../http/reply.ts';
import { readParams, takeFormValue } from '../http/request.ts';
import { verifyCodeVerifier } from '../secrets/pkce.ts';
import { issueSession } from '../tokens/issue.ts';
import { refreshSession } from '../tokens/refresh.ts';
import { idTokenGrant } from './id-token-grant.ts';
import { passwordGrant } from './password-grant.ts';
import { sessionReply } from './session-reply.ts';

// GoTrue v2.196 internal/api/token.go, token_refresh.go

const REFRESH = { name: 'RefreshTokenGrantParams', fields: { refresh_token: 'string' } } as const;
const PKCE = { name: 'PKCEGrantParams', fields: { auth_code: 'string', code_verifier: 'string' } } as const;

type Grant = (ctx: Context) => Promise<Reply>;

const GRANTS: ReadonlyMap<string, Grant> = new Map<string, Grant>([
  ['password', passwordGrant],
  ['refresh_token', refreshGrant],
  ['pkce', pkceGrant],
  ['id_token', idTokenGrant],
  ['web3', refuseWeb3],
]);

/** POST /token, by `grant_type`. */
export async function token(ctx: Context): Promise<Reply> {
  const { value, rest } = takeFormValue(ctx.req, 'grant_type');
  const grant = GRANTS.get(value);
  if (!grant) throw badRequest('invalid_credentials', 'unsupported_grant_type');
  ctx.limiter.checkRequest('token', ctx.req);
  return grant({ ...ctx, req: rest });
}

async function refreshGrant(ctx: Context): Promise<Reply> {
  const { refresh_token } = readParams(ctx.req, REFRESH);
  if (!/^[a-z\d]{12}$/.test(refresh_token)) throw invalid('Refresh token is not valid');
  return sessionReply(await refreshSession(ctx, refresh_token));
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
  const issued = await transaction(ctx.pool, async (db) => {
    if (!(await deleteFlowState(db, flow.id))) throw missing();
    await writeAudit(db, user, 'login', { traits: { provider_type: flow.provider_type } });
    return issueSession(ctx, db, user, { method: flow.authentication_method });
  });
  return sessionReply(issued, {
    ...(flow.provider_access_token ? { provider_token: flow.provider_access_token } : {}),
    ...(flow.provider_refresh_token ? { provider_refresh_token: flow.provider_refresh_token } : {}),
  });
}

async function refuseWeb3(): Promise<Reply> {
  throw unprocessable('web3_provider_disabled', 'Web3 provider is disabled');
}
