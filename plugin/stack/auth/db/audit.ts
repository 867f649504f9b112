import { randomUUID } from 'node:crypto';
import { timestamp, type Db } from './database.ts';
import type { User } from './users.ts';
import type { JsonObject } from '../../../shared/json.ts';
import { NIL_UUID } from '../uuid.ts';

// GoTrue v2.196 internal/models/audit_log_entry.go

const LOG_TYPES = {
  login: 'account',
  logout: 'account',
  invite_accepted: 'account',
  user_signedup: 'team',
  user_invited: 'team',
  user_deleted: 'team',
  token_revoked: 'token',
  token_refreshed: 'token',
  user_modified: 'user',
  user_recovery_requested: 'user',
  user_reauthenticate_requested: 'user',
  user_confirmation_requested: 'user',
  user_repeated_signup: 'user',
  user_updated_password: 'user',
  identity_linked: 'user',
  identity_unlinked: 'user',
  factor_in_progress: 'factor',
  factor_unenrolled: 'factor',
  challenge_created: 'factor',
  verification_attempted: 'factor',
  factor_deleted: 'factor',
  factor_updated: 'factor',
  passkey_created: 'user',
  passkey_updated: 'user',
  passkey_deleted: 'user',
} as const;

/** The author of an entry: a user, or an administrator, of whom only the role is known. */
export type Actor = Pick<User, 'id' | 'email' | 'phone' | 'is_sso_user' | 'raw_user_meta_data'>;

export function adminActor(role: string): Actor {
  return {
    id: NIL_UUID,
    email: role,
    phone: '',
    is_sso_user: false,
    raw_user_meta_data: {},
  };
}

/** Adds an entry to auth.audit_log_entries. GoTrue gives the sender's address for some actions only. */
export async function writeAudit(
  db: Db,
  actor: Actor,
  action: keyof typeof LOG_TYPES,
  { traits, ip = '' }: { readonly traits?: JsonObject; readonly ip?: string } = {},
): Promise<void> {
  const payload: JsonObject = {
    action,
    actor_id: actor.id,
    actor_username: actor.phone || actor.email,
    actor_via_sso: actor.is_sso_user,
    log_type: LOG_TYPES[action],
  };
  const name = actor.raw_user_meta_data.full_name;
  if (name !== undefined) payload.actor_name = name;
  if (traits) payload.traits = traits;
  await db.query(
    `insert into auth.audit_log_entries (instance_id, id, payload, created_at, ip_address)
     values ('${NIL_UUID}', $1, $2, $3, $4)`,
    [randomUUID(), JSON.stringify(payload), timestamp(), ip],
  );
}
