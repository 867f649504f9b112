import { randomUUID } from 'node:crypto';
import { insertRow, timestamp, toRfc3339, updateRow, type Db } from './database.ts';
import { normalizeFactor, type Factor } from './factors.ts';
import { normalizeIdentity, type Identity } from './identities.ts';
import type { JsonObject } from '../../../shared/json.ts';
import { NIL_UUID } from '../uuid.ts';

/** Columns of auth.users that this service writes. Times are RFC 3339 text; '' represents NULL in email and phone. */
export interface UserColumns {
  aud: string;
  role: string;
  email: string;
  phone: string;
  encrypted_password: string | null;
  email_confirmed_at: string | null;
  phone_confirmed_at: string | null;
  invited_at: string | null;
  confirmation_token: string;
  confirmation_sent_at: string | null;
  recovery_token: string;
  recovery_sent_at: string | null;
  email_change: string;
  email_change_token_new: string;
  email_change_token_current: string;
  email_change_sent_at: string | null;
  email_change_confirm_status: number;
  phone_change: string;
  phone_change_token: string;
  phone_change_sent_at: string | null;
  reauthentication_token: string;
  reauthentication_sent_at: string | null;
  last_sign_in_at: string | null;
  raw_app_meta_data: JsonObject;
  raw_user_meta_data: JsonObject;
  banned_until: string | null;
  deleted_at: string | null;
  is_sso_user: boolean;
  is_anonymous: boolean;
}

/**
 * A user with identities and factors. Writes change this object too. The database generates `confirmed_at`, so it
 * changes only with the next read, as it does in GoTrue's answers.
 */
export interface User extends UserColumns {
  readonly id: string;
  confirmed_at: string | null;
  created_at: string;
  updated_at: string;
  identities: Identity[];
  factors: Factor[];
}

const SELECT = `
  select u.*,
    (select coalesce(json_agg(i order by i.created_at, i.id), '[]') from auth.identities i where i.user_id = u.id) as identities,
    (select coalesce(json_agg(f order by f.created_at, f.id), '[]') from auth.mfa_factors f where f.user_id = u.id) as factors
  from auth.users u
  where u.instance_id = '${NIL_UUID}' and `;

type Row = { [K in keyof User]: User[K] | null };

async function findUser(db: Db, condition: string, values: readonly unknown[]): Promise<User | undefined> {
  const { rows } = await db.query<Row>(`${SELECT} ${condition} limit 1`, values);
  return rows[0] && normalizeUser(rows[0]);
}

export function findUserById(db: Db, id: string): Promise<User | undefined> {
  return findUser(db, 'u.id = $1', [id]);
}

export function findUserByEmail(db: Db, email: string, aud: string): Promise<User | undefined> {
  const condition = 'lower(u.email) = $1 and u.aud = $2 and u.is_sso_user = false';
  return findUser(db, condition, [email.toLowerCase(), aud]);
}

export function findUserByPhone(db: Db, phone: string, aud: string): Promise<User | undefined> {
  return findUser(db, 'u.phone = $1 and u.aud = $2 and u.is_sso_user = false', [phone, aud]);
}

export function findUserByPhoneChange(db: Db, phone: string, aud: string): Promise<User | undefined> {
  return findUser(db, 'u.phone_change = $1 and u.aud = $2 and u.is_sso_user = false', [phone, aud]);
}

/** Locks the user until the transaction ends. */
export async function lockUser(db: Db, id: string): Promise<void> {
  await db.query('select 1 from auth.users where id = $1 for update', [id]);
}

/** Another user with this address, in an identity or in auth.users. */
export async function findUserWithEmail(
  db: Db,
  email: string,
  aud: string,
  exceptId?: string,
): Promise<User | undefined> {
  const { rows } = await db.query<{ user_id: string }>(
    `select i.user_id from auth.identities i join auth.users u on u.id = i.user_id
     where i.email = $1 and i.provider not like 'sso:%' and u.aud = $2 and i.user_id is distinct from $3::uuid limit 1`,
    [email.toLowerCase(), aud, exceptId ?? null],
  );
  return rows[0] ? findUserById(db, rows[0].user_id) : findUserByEmail(db, email, aud);
}

/** A user that is not in the database yet. */
export function newUser(
  columns: Pick<UserColumns, 'aud' | 'email' | 'phone'> & Partial<UserColumns>,
  id?: string,
): User {
  const now = timestamp();
  return {
    id: id ?? randomUUID(),
    role: '',
    encrypted_password: '',
    email_confirmed_at: null,
    phone_confirmed_at: null,
    confirmed_at: null,
    invited_at: null,
    confirmation_token: '',
    confirmation_sent_at: null,
    recovery_token: '',
    recovery_sent_at: null,
    email_change: '',
    email_change_token_new: '',
    email_change_token_current: '',
    email_change_sent_at: null,
    email_change_confirm_status: 0,
    phone_change: '',
    phone_change_token: '',
    phone_change_sent_at: null,
    reauthentication_token: '',
    reauthentication_sent_at: null,
    last_sign_in_at: null,
    raw_app_meta_data: {},
    raw_user_meta_data: {},
    banned_until: null,
    deleted_at: null,
    is_sso_user: false,
    is_anonymous: false,
    created_at: now,
    updated_at: now,
    identities: [],
    factors: [],
    ...columns,
    email: columns.email.toLowerCase(),
  };
}

/** Inserts the user; `user` takes over what triggers changed. */
export async function insertUser(db: Db, user: User): Promise<void> {
  // The database generates confirmed_at; identities and factors have their own tables.
  const { confirmed_at: _generated, identities: _identities, factors: _factors, ...columns } = user;
  const row = await insertRow<Row>(db, 'users', { instance_id: NIL_UUID, ...columns });
  if (row) Object.assign(user, normalizeUser({ ...row, identities: [], factors: [] }));
}

/** Writes these columns, in the database and in `user`. */
export async function updateUser(db: Db, user: User, changes: Partial<UserColumns>): Promise<void> {
  await updateRow(db, 'users', user, changes);
}

/** Reads the user again into the same object. */
export async function reloadUser(db: Db, user: User): Promise<void> {
  const fresh = await findUserById(db, user.id);
  if (fresh) Object.assign(user, fresh);
}

export async function deleteUser(db: Db, id: string): Promise<void> {
  await db.query('delete from auth.users where id = $1', [id]);
}

const TEXT_COLUMNS = [
  'aud',
  'role',
  'email',
  'phone',
  'confirmation_token',
  'recovery_token',
  'email_change',
  'email_change_token_new',
  'email_change_token_current',
  'phone_change',
  'phone_change_token',
  'reauthentication_token',
] as const satisfies readonly (keyof User)[];

/** Rows of seeds may hold NULL where the service writes empty text. */
export function normalizeUser(row: Row): User {
  const texts = Object.fromEntries(TEXT_COLUMNS.map((column) => [column, row[column] ?? '']));
  const created = row.created_at ?? toRfc3339('1970-01-01 00:00:00+00');
  return {
    ...(row as User),
    ...texts,
    email_change_confirm_status: row.email_change_confirm_status ?? 0,
    raw_app_meta_data: row.raw_app_meta_data ?? {},
    raw_user_meta_data: row.raw_user_meta_data ?? {},
    created_at: created,
    updated_at: row.updated_at ?? created,
    identities: (row.identities ?? []).map(normalizeIdentity),
    factors: (row.factors ?? []).map(normalizeFactor),
  };
}

export const isConfirmed = (user: User): boolean => user.email_confirmed_at !== null;
export const isPhoneConfirmed = (user: User): boolean => user.phone_confirmed_at !== null;
export const hasPassword = (user: User): boolean => Boolean(user.encrypted_password);
export const hasVerifiedFactor = (user: User): boolean =>
  user.factors.some((factor) => factor.status === 'verified');

export function isBanned(user: User): boolean {
  return user.banned_until !== null && Date.now() < Date.parse(user.banned_until);
}
