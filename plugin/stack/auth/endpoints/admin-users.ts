import { createHash } from 'node:crypto';
import type { App, Context } from '../app.ts';
import { audienceOf, DEFAULT_ROLE } from '../roles.ts';
import { writeAudit } from '../db/audit.ts';
import { timestamp, transaction, type Db, mergeMetadata } from '../db/database.ts';
import { failAs } from '../db/failures.ts';
import {
  findIdentitiesOfUser,
  findIdentity,
  identityData,
  insertIdentity,
  updateIdentityData,
} from '../db/identities.ts';
import { clearOneTimeTokens } from '../db/one-time-tokens.ts';
import { deleteSessionsOfUser } from '../db/sessions.ts';
import {
  deleteUser,
  findUserByPhone,
  findUserWithEmail,
  insertUser,
  newUser,
  updateUser,
  type User,
} from '../db/users.ts';
import { internal, invalid, unprocessable } from '../errors.ts';
import { parseParams, type Params } from '../http/go-json.ts';
import { json, type Reply } from '../http/reply.ts';
import { readParams, readText } from '../http/request.ts';
import { hashPassword, isPasswordHash } from '../secrets/password-hash.ts';
import { checkPasswordStrength, randomPassword } from '../secrets/password-rules.ts';
import { serializeUser } from '../tokens/serialize-user.ts';
import { checkEmail, checkPhone } from '../validate.ts';
import { parseGoDuration } from '../../../shared/go-duration.ts';
import { confirmEmail, confirmPhone } from '../accounts/confirm.ts';
import { replacePassword } from '../accounts/password.ts';
import { isUuid, NIL_UUID } from '../uuid.ts';
import type { Admin, OfUser } from '../guards.ts';

// GoTrue v2.196 internal/api/admin.go

const ADMIN_USER = {
  name: 'AdminUserParams',
  fields: {
    id: 'string',
    aud: 'string',
    role: 'string',
    email: 'string',
    phone: 'string',
    password: 'string?',
    password_hash: 'string',
    email_confirm: 'boolean',
    phone_confirm: 'boolean',
    user_metadata: 'object',
    app_metadata: 'object',
    ban_duration: 'string',
  },
} as const;

type AdminUser = Params<typeof ADMIN_USER.fields>;

const DELETE = { name: 'adminUserDeleteParams', fields: { should_soft_delete: 'boolean' } } as const;

/** GET /admin/users/:user_id */
export function adminGetUser(_ctx: Context, { user }: OfUser): Reply {
  return json(serializeUser(user));
}

/** POST /admin/users: without rules for the password, and without a mail. */
export async function adminCreateUser(ctx: Context, { actor }: Admin): Promise<Reply> {
  const params = readParams(ctx.req, ADMIN_USER);
  const aud = params.aud || audienceOf(ctx.req);
  if (params.email === '' && params.phone === '') {
    throw invalid('Cannot create a user without either an email or phone');
  }
  const providers = await checkNewUser(ctx, params, aud);
  if (params.password !== undefined && params.password_hash !== '') {
    throw invalid('Only a password or a password hash should be provided');
  }
  const encrypted_password = await newPasswordHash(params);
  const id = checkId(params.id);
  const bannedUntil = readBan(params.ban_duration);
  const user = newUser(
    {
      aud,
      email: params.email,
      phone: params.phone,
      encrypted_password,
      raw_app_meta_data: { provider: providers[0], providers },
      raw_user_meta_data: params.user_metadata ?? {},
      role: params.role.trim() || DEFAULT_ROLE,
    },
    id,
  );
  await transaction(ctx.pool, async (db) => {
    await insertUser(db, user);
    const { email, phone } = user;
    const identities = [];
    if (email !== '')
      identities.push(await insertIdentity(db, user.id, 'email', identityData(user.id, { email })));
    if (phone !== '')
      identities.push(await insertIdentity(db, user.id, 'phone', identityData(user.id, { phone })));
    user.identities = identities;
    await writeAudit(db, actor, 'user_signedup', { traits: { ...traits(user), provider: providers[0] } });
    if (params.app_metadata) {
      const data = mergeMetadata(user.raw_app_meta_data, params.app_metadata);
      await updateUser(db, user, { raw_app_meta_data: data });
    }
    if (params.email_confirm) await confirmEmail(db, user);
    if (params.phone_confirm) await confirmPhone(db, user);
    if (bannedUntil !== undefined) await updateUser(db, user, { banned_until: bannedUntil });
  }).catch(failAs('Database error creating new user'));
  // The database generates it, and GoTrue does not read it back.
  return json(serializeUser({ ...user, confirmed_at: null }));
}

async function checkNewUser(app: App, params: AdminUser, aud: string): Promise<string[]> {
  const providers: string[] = [];
  if (params.email !== '') {
    params.email = checkEmail(params.email);
    if (await findUserWithEmail(app.pool, params.email, aud)) {
      throw unprocessable('email_exists', 'A user with this email address has already been registered');
    }
    providers.push('email');
  }
  if (params.phone !== '') {
    params.phone = checkPhone(params.phone);
    if (await findUserByPhone(app.pool, params.phone, aud)) {
      throw unprocessable('phone_exists', 'Phone number already registered by another user');
    }
    providers.push('phone');
  }
  return providers;
}

async function newPasswordHash(params: AdminUser): Promise<string> {
  if (params.password_hash !== '') {
    if (isPasswordHash(params.password_hash)) return params.password_hash;
    throw internal(
      'Error creating user',
      new Error('the password hash has no format that sign-ins could verify'),
    );
  }
  const password = params.password || randomPassword();
  if (Buffer.byteLength(password) > 72) throw invalid('bcrypt: password length exceeds 72 bytes');
  return hashPassword(password);
}

function checkId(id: string): string | undefined {
  if (id === '') return undefined;
  if (!isUuid(id)) throw invalid('ID must conform to the uuid v4 format');
  if (id === NIL_UUID) throw invalid('ID cannot be a nil uuid');
  return id.toLowerCase();
}

// Go counts nanoseconds in 64 bits.
const MAX_GO_DURATION_MS = 2 ** 63 / 1e6;

/** The end of the ban; null lifts it, undefined changes nothing. */
function readBan(duration: string): string | null | undefined {
  if (duration === '') return undefined;
  if (duration === 'none') return null;
  const milliseconds = parseGoDuration(duration);
  if (milliseconds === undefined || Math.abs(milliseconds) > MAX_GO_DURATION_MS) {
    throw invalid(`invalid format for ban duration: time: invalid duration ${JSON.stringify(duration)}`);
  }
  return milliseconds === 0 ? null : new Date(Date.now() + milliseconds).toISOString();
}

/** PUT /admin/users/:user_id */
export async function adminUpdateUser(ctx: Context, { actor, user }: Admin & OfUser): Promise<Reply> {
  const params = readParams(ctx.req, ADMIN_USER);
  if (params.email !== '') params.email = checkEmail(params.email);
  if (params.phone !== '') params.phone = checkPhone(params.phone);
  const bannedUntil = readBan(params.ban_duration);
  const password = await changedPassword(ctx, params);
  await transaction(ctx.pool, async (db) => {
    if (params.role !== '') await updateUser(db, user, { role: params.role.trim() });
    if (params.email_confirm) await confirmEmail(db, user);
    if (params.phone_confirm) await confirmPhone(db, user);
    if (password !== undefined) await replacePassword(db, user, password);
    if (params.email !== '')
      await setContact(db, user, { kind: 'email', value: params.email, verified: params.email_confirm });
    if (params.phone !== '')
      await setContact(db, user, { kind: 'phone', value: params.phone, verified: params.phone_confirm });
    const changes = {
      ...(params.app_metadata
        ? { raw_app_meta_data: mergeMetadata(user.raw_app_meta_data, params.app_metadata) }
        : {}),
      ...(params.user_metadata
        ? { raw_user_meta_data: mergeMetadata(user.raw_user_meta_data, params.user_metadata) }
        : {}),
      ...(bannedUntil === undefined ? {} : { banned_until: bannedUntil }),
    };
    if (Object.keys(changes).length > 0) await updateUser(db, user, changes);
    await writeAudit(db, actor, 'user_modified', { traits: traits(user) });
  }).catch(failAs('Error updating user'));
  return json(serializeUser(user));
}

async function changedPassword(app: App, params: AdminUser): Promise<string | null | undefined> {
  if (params.password === undefined) return undefined;
  checkPasswordStrength(app.settings.password, params.password);
  return params.password === '' ? null : hashPassword(params.password);
}

interface Contact {
  readonly kind: 'email' | 'phone';
  readonly value: string;
  readonly verified: boolean;
}

async function setContact(db: Db, user: User, { kind, value, verified }: Contact): Promise<void> {
  const data = { [kind]: value, [`${kind}_verified`]: verified };
  const identity = await findIdentity(db, user.id, kind);
  if (identity) {
    await updateIdentityData(db, identity, data);
  } else {
    user.identities.push(await insertIdentity(db, user.id, kind, identityData(user.id, data)));
  }
  const isPermanent = user.is_anonymous && verified ? { is_anonymous: false } : {};
  await updateUser(db, user, { [kind]: value, ...isPermanent });
}

/** DELETE /admin/users/:user_id; `should_soft_delete` keeps the row without anything that identifies the person. */
export async function adminDeleteUser(ctx: Context, { actor, user }: Admin & OfUser): Promise<Reply> {
  const text = readText(ctx.req);
  const isSoft = text !== '' && parseParams(text, DELETE).should_soft_delete;
  await transaction(ctx.pool, async (db) => {
    await writeAudit(db, actor, 'user_deleted', { traits: traits(user) }).catch(
      failAs('Error recording audit log entry'),
    );
    if (!isSoft) await deleteUser(db, user.id).catch(failAs('Database error deleting user'));
    else if (user.deleted_at === null) await softDelete(db, user);
  });
  return json({});
}

async function softDelete(db: Db, user: User): Promise<void> {
  const hide = (value: string): string =>
    createHash('sha256')
      .update(user.id + value)
      .digest('base64url');
  await updateUser(db, user, {
    email: hide(user.email),
    phone: hide(user.phone).slice(0, 15),
    email_change: hide(user.email_change),
    phone_change: hide(user.phone_change).slice(0, 15),
    encrypted_password: null,
    confirmation_token: '',
    recovery_token: '',
    email_change_token_current: '',
    email_change_token_new: '',
    phone_change_token: '',
    raw_app_meta_data: {},
    raw_user_meta_data: {},
    deleted_at: timestamp(),
  }).catch(failAs('Error soft deleting user'));
  await clearOneTimeTokens(db, user.id);
  for (const identity of await findIdentitiesOfUser(db, user.id)) {
    const providerId = hide(`${identity.provider}:${identity.provider_id}`);
    await db
      .query(`update auth.identities set identity_data = '{}', provider_id = $2 where id = $1`, [
        identity.id,
        providerId,
      ])
      .catch(failAs('Error soft deleting user identities'));
  }
  await db
    .query('delete from auth.mfa_factors where user_id = $1', [user.id])
    .catch(failAs("Error deleting user's factors"));
  await db
    .query('delete from auth.webauthn_credentials where user_id = $1', [user.id])
    .catch(failAs("Error deleting user's WebAuthn credentials"));
  await deleteSessionsOfUser(db, user.id).catch(failAs("Error deleting user's sessions"));
}

function traits(user: User): Record<string, string> {
  return { user_id: user.id, user_email: user.email, user_phone: user.phone };
}
