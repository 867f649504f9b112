import { applyEmailChange, applyPhoneChange } from '../accounts/contact-changes.ts';
import { replacePassword } from '../accounts/password.ts';
import { beginPkceFlow } from '../accounts/pkce-flow.ts';
import { useReauthentication } from '../accounts/reauthentication.ts';
import type { App, Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { mergeMetadata, transaction, type Db } from '../db/database.ts';
import { failAs } from '../db/failures.ts';
import {
  findUserByPhone,
  findUserWithEmail,
  hasPassword,
  hasVerifiedFactor,
  updateUser,
  type User,
} from '../db/users.ts';
import { AuthError, badRequest, forbidden, invalid, unprocessable } from '../errors.ts';
import type { SignedIn } from '../guards.ts';
import type { Params } from '../http/go-json.ts';
import { json, type Reply } from '../http/reply.ts';
import { readParams } from '../http/request.ts';
import { sendEmailChange } from '../mails/code-mails.ts';
import { notify } from '../mails/notify.ts';
import { sendPhoneCode } from '../mails/sms.ts';
import { askedAudience, audienceOf, DEFAULT_AUDIENCE } from '../roles.ts';
import { hashPassword, verifyPassword } from '../secrets/password-hash.ts';
import { checkPasswordStrength } from '../secrets/password-rules.ts';
import { checkCodeChallenge } from '../secrets/pkce.ts';
import { serializeUser } from '../tokens/serialize-user.ts';
import { checkChannel, checkEmail, checkPhone } from '../validate.ts';

// GoTrue v2.196 internal/api/user.go

const UPDATE = {
  name: 'UserUpdateParams',
  fields: {
    email: 'string',
    password: 'string?',
    current_password: 'string?',
    nonce: 'string',
    data: 'object',
    app_metadata: 'object',
    phone: 'string',
    channel: 'string',
    code_challenge: 'string',
    code_challenge_method: 'string',
  },
} as const;

type Update = Params<typeof UPDATE.fields>;

const RECENT_SIGN_IN_MS = 24 * 60 * 60_000;

/** GET /user */
export function getUser({ req }: Context, { claims, user }: SignedIn): Reply {
  const asked = askedAudience(req);
  if (asked !== '' && asked !== claims.aud) {
    throw invalid("Token audience doesn't match request audience");
  }
  return json(serializeUser(user));
}

/** PUT /user */
export async function putUser(ctx: Context, signedIn: SignedIn): Promise<Reply> {
  const params = readParams(ctx.req, UPDATE);
  const { user } = signedIn;
  checkUpdate(ctx, params);
  checkAllowed(signedIn, params);
  await checkAvailable(ctx, signedIn, params);
  const password = await preparePassword(ctx, signedIn, params);
  await transaction(ctx.pool, async (db) => {
    if (password !== undefined) await storePassword(ctx, db, signedIn, password);
    if (params.data) {
      const data = mergeMetadata(user.raw_user_meta_data, params.data);
      await updateUser(db, user, { raw_user_meta_data: data }).catch(failAs('Error updating user'));
    }
    if (params.app_metadata) {
      const data = mergeMetadata(user.raw_app_meta_data, params.app_metadata);
      await updateUser(db, user, { raw_app_meta_data: data }).catch(failAs('Error updating user'));
    }
    await changeEmail(ctx, db, user, params);
    await changePhone(ctx, db, user, params);
    await writeAudit(db, user, 'user_modified').catch(failAs('Error recording audit log entry'));
  });
  return json(serializeUser(user));
}

function checkUpdate(app: App, params: Update): void {
  if (params.email !== '') params.email = checkEmail(params.email);
  if (params.phone !== '') {
    params.phone = checkPhone(params.phone);
    checkChannel(params.channel || 'sms');
  }
  if (params.password !== undefined) checkPasswordStrength(app.settings.password, params.password);
}

function checkAllowed({ user, session }: SignedIn, params: Update): void {
  const isAdmin = user.aud === DEFAULT_AUDIENCE && user.role === 'admin';
  if (params.app_metadata && !isAdmin) {
    throw forbidden('not_admin', 'Updating app_metadata requires admin privileges');
  }
  const changesEmail = params.email !== '' && params.email !== user.email;
  const changesPhone = params.phone !== '' && params.phone !== user.phone;
  const changesLogin = Boolean(params.password) || changesEmail || changesPhone;
  if (changesLogin && hasVerifiedFactor(user) && session?.aal !== 'aal2') {
    throw new AuthError(
      401,
      'insufficient_aal',
      'AAL2 session is required to update email or password when MFA is enabled.',
    );
  }
  if (user.is_anonymous && params.password && params.email === '' && params.phone === '') {
    throw unprocessable(
      'validation_failed',
      'Updating password of an anonymous user without an email or phone is not allowed',
    );
  }
  if (user.is_sso_user && (changesLogin || params.nonce !== '')) {
    throw unprocessable(
      'user_sso_managed',
      'Updating email, phone, password of a SSO account only possible via SSO',
    );
  }
}

async function checkAvailable(ctx: Context, { claims, user }: SignedIn, params: Update): Promise<void> {
  const aud = audienceOf(ctx.req, claims);
  if (params.email !== '' && params.email !== user.email) {
    if (await findUserWithEmail(ctx.pool, params.email, aud, user.id)) {
      throw unprocessable('email_exists', 'A user with this email address has already been registered');
    }
  }
  if (
    params.phone !== '' &&
    params.phone !== user.phone &&
    (await findUserByPhone(ctx.pool, params.phone, aud))
  ) {
    throw unprocessable('phone_exists', 'A user with this phone number has already been registered');
  }
}

/** The new password's hash; null to remove the password, undefined to keep it. */
async function preparePassword(
  ctx: Context,
  { user, session }: SignedIn,
  params: Update,
): Promise<string | null | undefined> {
  if (params.password === undefined) return undefined;
  if (ctx.settings.email.securePasswordChange) {
    const signedInAt = session ? Date.parse(session.created_at) : 0;
    if (Date.now() > signedInAt + RECENT_SIGN_IN_MS) {
      if (params.nonce === '') {
        throw badRequest('reauthentication_needed', 'Password update requires reauthentication');
      }
      await useReauthentication(ctx, user, params.nonce);
    }
  }
  if (params.password === '') return null;
  if (hasPassword(user) && (await verifyPassword(user.encrypted_password, params.password))) {
    throw unprocessable('same_password', 'New password should be different from the old password.');
  }
  return hashPassword(params.password);
}

/** Ends every session of the user but this one. */
async function storePassword(
  ctx: Context,
  db: Db,
  { user, session }: SignedIn,
  encrypted: string | null,
): Promise<void> {
  await replacePassword(db, user, encrypted, session?.id).catch(failAs('Error during password storage'));
  await writeAudit(db, user, 'user_updated_password');
  await notify(ctx, user, 'password_changed');
}

async function changeEmail(ctx: Context, db: Db, user: User, params: Update): Promise<void> {
  const { email } = params;
  if (email === '' || email === user.email) return;
  if (user.is_anonymous && ctx.settings.email.autoconfirm) {
    // As a sign-up would. All other users confirm a new address even with autoconfirm.
    user.email_change = email;
    await applyEmailChange(ctx, db, user);
    return;
  }
  const pkce = checkCodeChallenge(params.code_challenge, params.code_challenge_method);
  const flow = { providerType: 'email_change', method: 'email_change' };
  const isPkce = await beginPkceFlow(db, user, flow, pkce);
  await sendEmailChange(ctx, db, user, { email, isPkce });
}

async function changePhone(ctx: Context, db: Db, user: User, { phone }: Update): Promise<void> {
  if (phone === '' || phone === user.phone) return;
  if (ctx.settings.sms.autoconfirm) {
    user.phone_change = phone;
    await applyPhoneChange(ctx, db, user, phone);
    return;
  }
  await sendPhoneCode(ctx, db, user, { purpose: 'phone_change', phone });
}
