import { randomUUID } from 'node:crypto';
import type { Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { transaction } from '../db/database.ts';
import { failAs, isTaken } from '../db/failures.ts';
import { findPasskeys, insertPasskey } from '../db/passkeys.ts';
import { unprocessable } from '../errors.ts';
import type { SignedIn } from '../guards.ts';
import { json, type Reply } from '../http/reply.ts';
import { offerChallenge, openAnswer, verificationFailed } from '../passkeys/challenges.ts';
import { checkMayManage, MAX_PASSKEYS, tooManyPasskeys } from '../passkeys/rules.ts';
import { serializePasskey } from '../passkeys/serialize.ts';
import { relyingParty, toBase64Url, verifyAttestation, webAuthn } from '../webauthn.ts';

// GoTrue v2.196 internal/api/passkey_registration.go

/** POST /passkeys/registration/options: to add a passkey to the signed-in user. */
export async function registrationOptions(ctx: Context, signedIn: SignedIn): Promise<Reply> {
  const { user } = signedIn;
  checkMayManage(signedIn);
  const passkeys = await findPasskeys(ctx.pool, user.id);
  if (passkeys.length >= MAX_PASSKEYS) throw tooManyPasskeys();
  const party = relyingParty(ctx);
  const name = user.email || user.phone;
  const displayName = user.raw_user_meta_data.name;
  const options = await (
    await webAuthn()
  ).generateRegistrationOptions({
    rpID: party.id,
    rpName: party.name,
    userID: new TextEncoder().encode(user.id),
    userName: name,
    userDisplayName: typeof displayName === 'string' && displayName !== '' ? displayName : name,
    attestationType: 'none',
    excludeCredentials: passkeys.map((passkey) => ({ id: toBase64Url(passkey.credential_id) })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'preferred' },
  });
  return json(await offerChallenge(ctx, { userId: user.id, type: 'registration' }, options, party.id));
}

/** POST /passkeys/registration/verify */
export async function verifyRegistration(ctx: Context, signedIn: SignedIn): Promise<Reply> {
  const { user } = signedIn;
  checkMayManage(signedIn);
  const { challenge, credential } = await openAnswer(ctx, { userId: user.id, type: 'registration' });
  const info = await verifyAttestation(ctx, challenge, credential);
  if (!info) throw verificationFailed();
  const passkey = await transaction(ctx.pool, async (db) => {
    if ((await findPasskeys(db, user.id)).length >= MAX_PASSKEYS) throw tooManyPasskeys();
    const inserted = await insertPasskey(db, {
      id: randomUUID(),
      user_id: user.id,
      credential_id: Buffer.from(info.credential.id, 'base64url'),
      public_key: Buffer.from(info.credential.publicKey),
      attestation_type: info.fmt,
      aaguid: info.aaguid,
      sign_count: info.credential.counter,
      transports: info.credential.transports ?? [],
      backup_eligible: info.credentialDeviceType === 'multiDevice',
      backed_up: info.credentialBackedUp,
    });
    const traits = { passkey_id: inserted?.id };
    await writeAudit(db, user, 'passkey_created', { traits, ip: ctx.req.ip });
    return inserted;
  }).catch((error: unknown) => {
    if (!isTaken(error, 'webauthn_credentials', ['webauthn_credentials_credential_id_key'])) {
      return failAs('Database error creating passkey')(error);
    }
    throw unprocessable('webauthn_credential_exists', 'This credential is already registered');
  });
  if (!passkey) throw verificationFailed();
  return json(serializePasskey(passkey));
}
