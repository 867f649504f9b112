import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { badRequest } from '../errors.ts';
import { assignments, millis, timestamp, type Db } from './database.ts';

/** A row of auth.flow_state: a sign-in under way that ends with an auth code (PKCE) or tokens in a fragment. */
export interface FlowState {
  readonly id: string;
  user_id: string | null;
  readonly auth_code: string | null;
  readonly code_challenge_method: 's256' | 'plain' | null;
  readonly code_challenge: string | null;
  readonly provider_type: string;
  provider_access_token: string | null;
  provider_refresh_token: string | null;
  readonly authentication_method: string;
  auth_code_issued_at: string | null;
  readonly invite_token: string | null;
  readonly referrer: string | null;
  readonly oauth_client_state_id: string | null;
  readonly linking_target_id: string | null;
  readonly email_optional: boolean;
  readonly created_at: string;
}

/** What a client sent to begin a PKCE flow; both '' outside of one. */
export interface CodeChallenge {
  readonly challenge: string;
  readonly method: string;
}

type NewFlow = Pick<FlowState, 'provider_type' | 'authentication_method'> &
  Partial<
    Pick<
      FlowState,
      | 'user_id'
      | 'invite_token'
      | 'referrer'
      | 'oauth_client_state_id'
      | 'linking_target_id'
      | 'email_optional'
    >
  >;

// As the original's GOTRUE_EXTERNAL_FLOW_STATE_EXPIRY_DURATION.
const FLOW_LIFETIME_MS = 5 * 60_000;

/** @throws AuthError 400 for a method other than s256 and plain (the original answers 500 in some of these cases) */
export async function insertFlowState(db: Db, flow: NewFlow, pkce: CodeChallenge): Promise<FlowState> {
  const method = pkce.method.toLowerCase();
  if (pkce.challenge !== '' && method !== 's256' && method !== 'plain') {
    throw badRequest('validation_failed', 'Invalid code_challenge_method');
  }
  const now = timestamp();
  const isPkce = pkce.challenge !== '';
  const state: FlowState = {
    id: randomUUID(),
    user_id: flow.user_id ?? null,
    auth_code: isPkce ? randomUUID() : null,
    code_challenge_method: isPkce ? (method as 's256' | 'plain') : null,
    code_challenge: isPkce ? pkce.challenge : null,
    provider_type: flow.provider_type,
    provider_access_token: '',
    provider_refresh_token: '',
    authentication_method: flow.authentication_method,
    auth_code_issued_at: null,
    invite_token: flow.invite_token ?? null,
    referrer: flow.referrer ?? null,
    oauth_client_state_id: flow.oauth_client_state_id ?? null,
    linking_target_id: flow.linking_target_id ?? null,
    email_optional: flow.email_optional ?? false,
    created_at: now,
  };
  const columns = Object.keys(state);
  await db.query(
    `insert into auth.flow_state (${columns.join(', ')}, updated_at)
     values (${columns.map((_, index) => `$${index + 1}`).join(', ')}, $${columns.indexOf('created_at') + 1})`,
    Object.values(state),
  );
  return state;
}

export async function findFlowState(
  db: Db,
  by: { id: string } | { code: string },
  lock = false,
): Promise<FlowState | undefined> {
  const [column, value] = 'id' in by ? ['id', by.id] : ['auth_code', by.code];
  const { rows } = await db.query<FlowState>(
    `select * from auth.flow_state where ${column} = $1 limit 1${lock ? ' for update' : ''}`,
    [value],
  );
  return rows[0];
}

/** The newest flow that this user began with this method. */
export async function findFlowStateOfUser(
  db: Db,
  userId: string,
  method: string,
): Promise<FlowState | undefined> {
  const { rows } = await db.query<FlowState>(
    'select * from auth.flow_state where user_id = $1 and authentication_method = $2 order by created_at desc limit 1',
    [userId, method],
  );
  return rows[0];
}

export async function updateFlowState(
  db: Db,
  flow: FlowState,
  changes: Partial<
    Pick<FlowState, 'user_id' | 'provider_access_token' | 'provider_refresh_token' | 'auth_code_issued_at'>
  >,
): Promise<void> {
  const updated = { ...changes, updated_at: timestamp() };
  await db.query(`update auth.flow_state set ${assignments(Object.keys(updated), 2)} where id = $1`, [
    flow.id,
    ...Object.values(updated),
  ]);
  Object.assign(flow, changes);
}

/** Whether it was there: of two requests that use up a code only one gets true. */
export async function deleteFlowState(db: Db, id: string): Promise<boolean> {
  const { rows } = await db.query('delete from auth.flow_state where id = $1 returning id', [id]);
  return rows.length > 0;
}

export function isFlowExpired(flow: FlowState): boolean {
  const isMagicLink = flow.auth_code_issued_at !== null && flow.authentication_method === 'magiclink';
  return (
    Date.now() > millis(isMagicLink ? (flow.auth_code_issued_at ?? '') : flow.created_at) + FLOW_LIFETIME_MS
  );
}

/** RFC 7636, section 4.6. */
export function verifyCodeVerifier(challenge: string, method: string, verifier: string): boolean {
  const answer = method === 's256' ? createHash('sha256').update(verifier).digest('base64url') : verifier;
  const [a, b] = [Buffer.from(answer), Buffer.from(challenge)];
  return a.length === b.length && timingSafeEqual(a, b);
}
