import type { Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { transaction } from '../db/database.ts';
import { findPasskey, markPasskeyUsed } from '../db/passkeys.ts';
import { findUserById, isBanned, isConfirmed, isPhoneConfirmed, type User } from '../db/users.ts';
import { forbidden } from '../errors.ts';
import { json, type Reply } from '../http/reply.ts';
import { offerChallenge, openAnswer, verificationFailed } from '../passkeys/challenges.ts';
import { issueSession } from '../tokens/issue.ts';
import { relyingParty, toBase64Url, verifyAssertion, webAuthn } from '../webauthn.ts';
import { sessionReply } from './session-reply.ts';

// GoTrue v2.196 internal/api/passkey_authentication.go

// Nobody has signed in yet.
const ANYBODY = { userId: null, type: 'authentication' } as const;

/** POST /passkeys/authentication/options: to sign in with any passkey of this site. */
export async function authenticationOptions(ctx: Context): Promise<Reply> {
  const party = relyingParty(ctx);
  const options = await (
    await webAuthn()
  ).generateAuthenticationOptions({ rpID: party.id, userVerification: 'preferred' });
  return json(await offerChallenge(ctx, ANYBODY, options, party.id));
}

/** POST /passkeys/authentication/verify: a session for the passkey's owner. */
export async function verifyAuthentication(ctx: Context): Promise<Reply> {
  const { challenge, credential } = await openAnswer(ctx, ANYBODY);
  const passkey =
    typeof credential.id === 'string'
      ? await findPasskey(ctx.pool, Buffer.from(credential.id, 'base64url'))
      : undefined;
  if (!passkey) throw verificationFailed();
  const counter = await verifyAssertion(ctx, challenge, credential, {
    id: toBase64Url(passkey.credential_id),
    publicKey: passkey.public_key,
    counter: passkey.sign_count,
  });
  if (counter === undefined) throw verificationFailed();
  const user = await findUserById(ctx.pool, passkey.user_id);
  if (!user) throw verificationFailed();
  checkMaySignIn(user);
  const issued = await transaction(ctx.pool, async (db) => {
    await markPasskeyUsed(db, passkey.id, counter);
    const traits = { passkey_id: passkey.id };
    await writeAudit(db, user, 'login', { traits, ip: ctx.req.ip });
    return issueSession(ctx, db, user, { method: 'passkey' });
  });
  return sessionReply(issued);
}

function checkMaySignIn(user: User): void {
  if (user.email !== '' && !isConfirmed(user)) throw forbidden('email_not_confirmed', 'Email not confirmed');
  if (user.phone !== '' && !isPhoneConfirmed(user))
    throw forbidden('phone_not_confirmed', 'Phone not confirmed');
  if (isBanned(user)) throw forbidden('user_banned', 'User is banned');
}
