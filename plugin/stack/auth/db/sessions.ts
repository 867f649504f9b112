import { randomUUID } from 'node:crypto';
import { millis, timestamp, toRfc3339, type Db } from './database.ts';

export type Aal = 'aal1' | 'aal2' | 'aal3';

/** A method with which the session was signed in, and when (RFC 3339). */
export interface AmrClaim {
  readonly authentication_method: string;
  readonly updated_at: string;
}

/** A row of auth.sessions with its methods. */
export interface Session {
  readonly id: string;
  readonly user_id: string;
  readonly created_at: string;
  updated_at: string;
  factor_id: string | null;
  aal: Aal | null;
  not_after: string | null;
  refreshed_at: string | null;
  user_agent: string | null;
  ip: string | null;
  tag: string | null;
  oauth_client_id: string | null;
  scopes: string | null;
  amr_claims: AmrClaim[];
}

/** Where a sign-in comes from. */
export interface SessionOrigin {
  readonly userAgent: string;
  readonly ip: string;
  readonly oauthClientId?: string;
  readonly scopes?: string;
}

export async function insertSession(db: Db, userId: string, origin: SessionOrigin): Promise<Session> {
  const now = timestamp();
  const session: Session = {
    id: randomUUID(),
    user_id: userId,
    created_at: now,
    updated_at: now,
    factor_id: null,
    aal: 'aal1',
    not_after: null,
    refreshed_at: null,
    user_agent: origin.userAgent || null,
    ip: origin.ip || null,
    tag: null,
    oauth_client_id: origin.oauthClientId ?? null,
    scopes: origin.scopes || null,
    amr_claims: [],
  };
  await db.query(
    `insert into auth.sessions (id, user_id, created_at, updated_at, aal, user_agent, ip, oauth_client_id, scopes)
     values ($1, $2, $3, $3, 'aal1', $4, $5, $6, $7)`,
    [session.id, userId, now, session.user_agent, session.ip, session.oauth_client_id, session.scopes],
  );
  return session;
}

const SELECT = `
  select s.id, s.user_id, s.created_at, s.updated_at, s.factor_id, s.aal, s.not_after, s.refreshed_at, s.user_agent,
    s.ip, s.tag, s.oauth_client_id, s.scopes,
    (select coalesce(json_agg(json_build_object('authentication_method', a.authentication_method, 'updated_at', a.updated_at)
       order by a.updated_at), '[]') from auth.mfa_amr_claims a where a.session_id = s.id) as amr_claims
  from auth.sessions s where s.id = $1`;

/** With `lock` the row is locked until the transaction ends. */
export async function findSession(db: Db, id: string, lock = false): Promise<Session | undefined> {
  const { rows } = await db.query<Session>(lock ? `${SELECT} for update of s` : SELECT, [id]);
  const session = rows[0];
  if (!session) return undefined;
  const created = session.created_at ?? toRfc3339('1970-01-01 00:00:00+00');
  const claims = session.amr_claims.map((claim) => ({ ...claim, updated_at: toRfc3339(claim.updated_at) }));
  return { ...session, created_at: created, amr_claims: claims };
}

/** Adds a method to the session, or renews the time of one that it has. */
export async function addAmrClaim(db: Db, session: Session, method: string): Promise<void> {
  const now = timestamp();
  await db.query(
    `insert into auth.mfa_amr_claims (id, session_id, created_at, updated_at, authentication_method)
     values ($1, $2, $3, $3, $4)
     on conflict on constraint mfa_amr_claims_session_id_authentication_method_pkey do update set updated_at = $3`,
    [randomUUID(), session.id, now, method],
  );
  const others = session.amr_claims.filter((claim) => claim.authentication_method !== method);
  session.amr_claims = [...others, { authentication_method: method, updated_at: now }];
}

export async function updateSessionAal(
  db: Db,
  session: Session,
  aal: Aal,
  factorId: string | null,
): Promise<void> {
  const now = timestamp();
  await db.query('update auth.sessions set aal = $2, factor_id = $3, updated_at = $4 where id = $1', [
    session.id,
    aal,
    factorId,
    now,
  ]);
  Object.assign(session, { aal, factor_id: factorId, updated_at: now });
}

export async function markRefreshed(db: Db, session: Session, origin: SessionOrigin): Promise<void> {
  const now = timestamp();
  await db.query(
    `update auth.sessions set refreshed_at = $2::timestamptz at time zone 'utc', user_agent = $3, ip = $4, updated_at = $2
     where id = $1`,
    [session.id, now, origin.userAgent || null, origin.ip || null],
  );
  session.refreshed_at = now;
}

/** Deletes the session with its refresh tokens and methods. */
export async function deleteSession(db: Db, id: string): Promise<void> {
  await db.query('delete from auth.sessions where id = $1', [id]);
}

export async function deleteSessionsOfUser(db: Db, userId: string, exceptId?: string): Promise<void> {
  await db.query('delete from auth.sessions where user_id = $1 and id is distinct from $2::uuid', [
    userId,
    exceptId ?? null,
  ]);
}

export async function deleteSessionsBelowAal2(db: Db, userId: string): Promise<void> {
  await db.query(`delete from auth.sessions where user_id = $1 and aal < 'aal2'`, [userId]);
}

const AAL2_METHODS = new Set(['totp', 'mfa/phone', 'mfa/webauthn']);

/** The level that the session's methods amount to, and the `amr` claim, newest first. */
export function assessSession(session: Session): { aal: Aal; amr: { method: string; timestamp: number }[] } {
  const claims = session.amr_claims.map((claim) => ({
    method: claim.authentication_method,
    timestamp: Math.floor(millis(claim.updated_at) / 1000),
    exact: claim.updated_at,
  }));
  claims.sort((a, b) => compareText(b.exact, a.exact));
  return {
    aal: claims.some((claim) => AAL2_METHODS.has(claim.method)) ? 'aal2' : 'aal1',
    amr: claims.map(({ method, timestamp: seconds }) => ({ method, timestamp: seconds })),
  };
}

const compareText = (a: string, b: string): number => millis(a) - millis(b) || (a < b ? -1 : a > b ? 1 : 0);

/** Seconds of `[auth.sessions]`; 0 is no limit. */
export interface SessionLimits {
  readonly timebox: number;
  readonly inactivityTimeout: number;
}

/** Why a session is over; undefined while it is not. */
export function sessionExpiry(
  session: Session,
  limits: SessionLimits,
  refreshTokenTime?: string,
): 'expired' | 'inactive' | undefined {
  const now = Date.now();
  if (session.not_after !== null && now > millis(session.not_after)) return 'expired';
  if (limits.timebox > 0 && now > millis(session.created_at) + limits.timebox * 1000) return 'expired';
  const lastUse = session.refreshed_at ?? refreshTokenTime ?? session.created_at;
  const isInactive =
    now > Math.max(millis(lastUse), millis(session.created_at)) + limits.inactivityTimeout * 1000;
  return limits.inactivityTimeout > 0 && isInactive ? 'inactive' : undefined;
}
