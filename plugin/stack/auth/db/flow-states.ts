import { randomUUID } from 'node:crypto';
import type { ChallengeMethod } from '../secrets/pkce.ts';
import { insertRow, millis, timestamp, updateRow, type Db } from './database.ts';

/** A row of auth.flow_state: a sign-in under way that ends with an auth code (PKCE) or tokens in a fragment. */
export interface FlowState {
  readonly id: string;
  user_id: string | null;
  readonly auth_code: string | null;
  readonly code_challenge_method: ChallengeMethod | null;
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

// The default of GOTRUE_EXTERNAL_FLOW_STATE_EXPIRY_DURATION.
const FLOW_LIFETIME_MS = 5 * 60_000;

/** @param pkce undefined for a flow that ends with tokens in a fragment */
export async function insertFlowState(
  db: Db,
  flow: NewFlow,
  pkce: { readonly challenge: string; readonly method: ChallengeMethod } | undefined,
): Promise<FlowState> {
  const now = timestamp();
  const state: FlowState = {
    id: randomUUID(),
    user_id: flow.user_id ?? null,
    auth_code: pkce ? randomUUID() : null,
    code_challenge_method: pkce?.method ?? null,
    code_challenge: pkce?.challenge ?? null,
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
  await insertRow(db, 'flow_state', { ...state, updated_at: now });
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
  await updateRow(db, 'flow_state', flow, changes);
}

/** @returns whether the row existed: of two requests that use one code, only one gets true */
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
