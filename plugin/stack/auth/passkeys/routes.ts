import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
} from '@simplewebauthn/server';
import { randomUUID } from 'node:crypto';
import type { App, Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { isUniqueViolation, timestamp, transaction } from '../db/database.ts';
import {
  findUserById,
  hasVerifiedFactor,
  isBanned,
  isConfirmed,
  isPhoneConfirmed,
  type User,
} from '../db/users.ts';
import { badRequest, forbidden, invalid, notFound, unprocessable } from '../errors.ts';
import { json, noContent, type Reply } from '../http/reply.ts';
import { readParams } from '../http/request.ts';
import { issueSession } from '../tokens/issue.ts';
import { fromBase64Url, relyingParty, toBase64Url } from '../webauthn.ts';
import {
  findPasskey,
  findPasskeys,
  insertPasskeyChallenge,
  serializePasskey,
  takePasskeyChallenge,
  type Passkey,
} from './credentials.ts';
import type { JsonObject } from '../../../shared/json.ts';
import { isUuid } from '../uuid.ts';
import type { OfUser, SignedIn } from '../guards.ts';

const CHALLENGE_SECONDS = 300;
const MAX_PASSKEYS = 10;
const VERIFY = {
  name: 'PasskeyVerifyParams',
  fields: { challenge_id: 'string', credential: 'object' },
} as const;
const UPDATE = { name: 'PasskeyUpdateParams', fields: { friendly_name: 'string' } } as const;

/** POST /passkeys/registration/options: to add a passkey to the signed-in user. */
export async function registrationOptions(ctx: Context, signedIn: SignedIn): Promise<Reply> {
  const { user } = signedIn;
  checkMayManage(signedIn);
  const passkeys = await findPasskeys(ctx.pool, user.id);
  if (passkeys.length >= MAX_PASSKEYS) throw tooMany();
  const party = relyingParty(ctx);
  const name = user.email || user.phone;
  const displayName = user.raw_user_meta_data.name;
  const options = await generateRegistrationOptions({
    rpID: party.id,
    rpName: party.name,
    userID: new TextEncoder().encode(user.id),
    userName: name,
    userDisplayName: typeof displayName === 'string' && displayName !== '' ? displayName : name,
    attestationType: 'none',
    excludeCredentials: passkeys.map((passkey) => ({ id: toBase64Url(passkey.credential_id) })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'preferred' },
  });
  return offer(ctx, user.id, 'registration', options, party.id);
}

/** POST /passkeys/registration/verify */
export async function verifyRegistration(ctx: Context, signedIn: SignedIn): Promise<Reply> {
  const { user } = signedIn;
  checkMayManage(signedIn);
  const { expected, credential } = await openAnswer(ctx, user.id, 'registration');
  const result = await verifyRegistrationResponse({
    ...expected,
    response: credential as unknown as RegistrationResponseJSON,
  }).catch(() => undefined);
  if (!result?.verified || !result.registrationInfo) throw verificationFailed();
  const info = result.registrationInfo;
  const passkey = await transaction(ctx.pool, async (db) => {
    if ((await findPasskeys(db, user.id)).length >= MAX_PASSKEYS) throw tooMany();
    const { rows } = await db.query<Passkey>(
      `insert into auth.webauthn_credentials (id, user_id, credential_id, public_key, attestation_type, aaguid,
         sign_count, transports, backup_eligible, backed_up, friendly_name, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'Passkey', $11, $11) returning *`,
      [
        randomUUID(),
        user.id,
        Buffer.from(info.credential.id, 'base64url'),
        Buffer.from(info.credential.publicKey),
        info.fmt,
        info.aaguid,
        info.credential.counter,
        JSON.stringify(info.credential.transports ?? []),
        info.credentialDeviceType === 'multiDevice',
        info.credentialBackedUp,
        timestamp(),
      ],
    );
    await writeAudit(db, user, 'passkey_created', { passkey_id: rows[0]?.id }, ctx.req.ip);
    return rows[0];
  }).catch((error: unknown) => {
    if (!isUniqueViolation(error)) throw error;
    throw unprocessable('webauthn_credential_exists', 'This credential is already registered');
  });
  if (!passkey) throw verificationFailed();
  return json(serializePasskey(passkey));
}

/** POST /passkeys/authentication/options: to sign in with any passkey of this site. */
export async function authenticationOptions(ctx: Context): Promise<Reply> {
  const party = relyingParty(ctx);
  const options = await generateAuthenticationOptions({ rpID: party.id, userVerification: 'preferred' });
  return offer(ctx, null, 'authentication', options, party.id);
}

/** POST /passkeys/authentication/verify: a session for the passkey's owner. */
export async function verifyAuthentication(ctx: Context): Promise<Reply> {
  const { expected, credential } = await openAnswer(ctx, null, 'authentication');
  const response = credential as unknown as AuthenticationResponseJSON;
  const passkey =
    typeof response.id === 'string' ? await findPasskey(ctx.pool, fromBase64Url(response.id)) : undefined;
  if (!passkey) throw verificationFailed();
  const result = await verifyAuthenticationResponse({
    ...expected,
    response,
    credential: {
      id: toBase64Url(passkey.credential_id),
      publicKey: new Uint8Array(passkey.public_key),
      counter: passkey.sign_count,
    },
  }).catch(() => undefined);
  if (!result?.verified) throw verificationFailed();
  const user = await findUserById(ctx.pool, passkey.user_id);
  if (!user) throw verificationFailed();
  if (user.email !== '' && !isConfirmed(user)) throw forbidden('email_not_confirmed', 'Email not confirmed');
  if (user.phone !== '' && !isPhoneConfirmed(user))
    throw forbidden('phone_not_confirmed', 'Phone not confirmed');
  if (isBanned(user)) throw forbidden('user_banned', 'User is banned');
  const { response: session } = await transaction(ctx.pool, async (db) => {
    await db.query(
      'update auth.webauthn_credentials set sign_count = $2, last_used_at = $3, updated_at = $3 where id = $1',
      [passkey.id, result.authenticationInfo.newCounter, timestamp()],
    );
    await writeAudit(db, user, 'login', { passkey_id: passkey.id }, ctx.req.ip);
    return issueSession(ctx, db, user, 'passkey');
  });
  return json(session);
}

/** GET /passkeys, GET /admin/users/:user_id/passkeys */
export async function listPasskeys(ctx: Context, { user }: OfUser): Promise<Reply> {
  const passkeys = await findPasskeys(ctx.pool, user.id);
  return json(passkeys.map(serializePasskey));
}

/** PATCH /passkeys/:passkey_id */
export async function renamePasskey(ctx: Context, { user }: SignedIn): Promise<Reply> {
  const { friendly_name: name } = readParams(ctx.req, UPDATE);
  if (name === '') throw invalid('friendly_name is required');
  if (name.length > 120) throw invalid('friendly_name must be 120 characters or less');
  const passkey = await findOwned(ctx, user);
  await transaction(ctx.pool, async (db) => {
    await db.query('update auth.webauthn_credentials set friendly_name = $2, updated_at = $3 where id = $1', [
      passkey.id,
      name,
      timestamp(),
    ]);
    await writeAudit(db, user, 'passkey_updated', { passkey_id: passkey.id }, ctx.req.ip);
  });
  return json(serializePasskey({ ...passkey, friendly_name: name }));
}

/** DELETE /passkeys/:passkey_id */
export async function deletePasskey(ctx: Context, signedIn: SignedIn): Promise<Reply> {
  const { user } = signedIn;
  checkMayManage(signedIn);
  await removePasskey(ctx, user);
  return noContent;
}

/** DELETE /admin/users/:user_id/passkeys/:passkey_id */
export async function adminDeletePasskey(ctx: Context, { user }: OfUser): Promise<Reply> {
  await removePasskey(ctx, user);
  return noContent;
}

async function removePasskey(ctx: Context, user: User): Promise<void> {
  const passkey = await findOwned(ctx, user);
  await transaction(ctx.pool, async (db) => {
    await db.query('delete from auth.webauthn_credentials where id = $1', [passkey.id]);
    await writeAudit(db, user, 'passkey_deleted', { passkey_id: passkey.id }, ctx.req.ip);
  });
}

async function findOwned(ctx: Context, user: User): Promise<Passkey> {
  const id = (ctx.params.passkey_id ?? '').toLowerCase();
  const passkey =
    isUuid(id) && (await findPasskeys(ctx.pool, user.id)).find((candidate) => candidate.id === id);
  if (!passkey) throw notFound('validation_failed', 'Passkey not found');
  return passkey;
}

function checkMayManage({ user, session }: SignedIn): void {
  if (user.is_sso_user) throw unprocessable('validation_failed', 'SSO users cannot register passkeys');
  if (hasVerifiedFactor(user) && session?.aal !== 'aal2') {
    throw forbidden('insufficient_aal', 'AAL2 session is required to manage passkeys when MFA is enabled');
  }
}

async function offer(
  app: App,
  userId: string | null,
  type: 'registration' | 'authentication',
  options: { readonly challenge: string },
  rpId: string,
): Promise<Reply> {
  const expiresAt = new Date(Date.now() + CHALLENGE_SECONDS * 1000);
  const session = { challenge: options.challenge, rpId };
  const id = await insertPasskeyChallenge(app.pool, userId, type, session, expiresAt);
  return json({ challenge_id: id, options, expires_at: Math.floor(expiresAt.getTime() / 1000) });
}

interface OpenAnswer {
  readonly credential: JsonObject;
  readonly expected: {
    readonly expectedChallenge: string;
    readonly expectedOrigin: string[];
    readonly expectedRPID: string;
    readonly requireUserVerification: boolean;
  };
}

async function openAnswer(
  ctx: Context,
  userId: string | null,
  type: 'registration' | 'authentication',
): Promise<OpenAnswer> {
  const params = readParams(ctx.req, VERIFY);
  if (params.challenge_id === '') throw invalid('challenge_id is required');
  if (!params.credential) throw invalid('credential is required');
  if (!isUuid(params.challenge_id)) throw invalid('challenge_id must be a valid UUID');
  const challenge = await takePasskeyChallenge(ctx.pool, params.challenge_id, userId, type);
  if (!challenge) {
    throw badRequest('webauthn_challenge_not_found', 'Challenge not found or already used');
  }
  if (Date.now() > Date.parse(challenge.expires_at)) {
    throw badRequest('webauthn_challenge_expired', 'Challenge has expired');
  }
  return {
    credential: params.credential,
    expected: {
      expectedChallenge: String(challenge.session_data.challenge),
      expectedOrigin: relyingParty(ctx).origins,
      expectedRPID: String(challenge.session_data.rpId),
      requireUserVerification: false,
    },
  };
}

const verificationFailed = (): Error =>
  badRequest('webauthn_verification_failed', 'Credential verification failed');
const tooMany = (): Error => unprocessable('too_many_passkeys', 'Maximum number of passkeys reached');
