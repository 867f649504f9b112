import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server';
import { isObject, type JsonObject } from '../../../shared/json.ts';
import type { Context } from '../app.ts';
import type { Challenge } from '../db/challenges.ts';
import type { Db } from '../db/database.ts';
import { updateFactor, type Factor } from '../db/factors.ts';
import type { User } from '../db/users.ts';
import { internal, invalid, unprocessable } from '../errors.ts';
import {
  relyingParty,
  toBase64Url,
  verifyAssertion,
  verifyAttestation,
  webAuthn,
  type RelyingParty,
  type WebAuthnChallenge,
} from '../webauthn.ts';

// GoTrue v2.196 internal/api/mfa.go

/** The credential of a verified factor, as the database has it. */
interface StoredCredential {
  readonly id: string;
  readonly publicKey: string;
  readonly counter: number;
  readonly transports?: string[];
}

/** What to ask the authenticator: to create a credential for a new factor, or to use that of a verified one. */
export async function offerWebAuthn(
  ctx: Context,
  user: User,
  factor: Factor,
): Promise<{ session: WebAuthnChallenge & JsonObject; webauthn: JsonObject }> {
  const party = relyingParty(ctx);
  const credential = readCredential(factor);
  const options = credential
    ? await (
        await webAuthn()
      ).generateAuthenticationOptions({
        rpID: party.id,
        allowCredentials: [{ id: credential.id }],
        userVerification: 'preferred',
      })
    : await registrationOptions(user, party);
  const type = credential ? 'request' : 'create';
  return {
    session: { challenge: options.challenge, rpId: party.id },
    webauthn: { type, credential_options: { publicKey: options } },
  };
}

async function registrationOptions(
  user: User,
  party: RelyingParty,
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  const known = user.factors.flatMap((factor) => readCredential(factor) ?? []);
  const { generateRegistrationOptions } = await webAuthn();
  return generateRegistrationOptions({
    rpID: party.id,
    rpName: party.name,
    userID: new TextEncoder().encode(user.id),
    userName: user.email || user.phone,
    userDisplayName: user.email || user.phone,
    excludeCredentials: known.map(({ id }) => ({ id })),
    authenticatorSelection: { userVerification: 'preferred' },
  });
}

/** Checks the form of an answer. @throws AuthError 400 */
export function checkWebAuthnAnswer(answer: JsonObject | undefined): void {
  if (!answer) throw invalid('WebAuthn config required');
  if (answer.type !== 'create' && answer.type !== 'request') {
    throw invalid('WebAuthn type must be create or request');
  }
  if (!isObject(answer.credential_response)) throw invalid('credential_response required');
}

interface Answer {
  readonly factor: Factor;
  readonly challenge: Challenge;
  readonly answer: JsonObject;
}

/** Verifies the authenticator's answer, and stores the credential of a new factor. @throws AuthError 422 */
export async function verifyWebAuthnAnswer(ctx: Context, db: Db, given: Answer): Promise<void> {
  const { factor, challenge, answer } = given;
  const changes = await verifyCredential(ctx, given);
  if (!changes) throw unprocessable('mfa_verification_failed', 'Failed to validate WebAuthn MFA response');
  await updateFactor(db, factor, {
    ...changes,
    last_webauthn_challenge_data: {
      challenge: { challenge_id: challenge.id, factor_id: factor.id, created_at: challenge.created_at },
      type: answer.type,
      credential_response: answer.credential_response,
    },
  });
}

type CredentialChanges = Pick<Factor, 'web_authn_credential'> & Partial<Pick<Factor, 'web_authn_aaguid'>>;

async function verifyCredential(
  ctx: Context,
  { factor, challenge, answer }: Answer,
): Promise<CredentialChanges | undefined> {
  const asked = readChallenge(challenge);
  const stored = readCredential(factor);
  if (stored) {
    const known = { ...stored, publicKey: Buffer.from(stored.publicKey, 'base64url') };
    const counter = await verifyAssertion(ctx, asked, answer.credential_response, known);
    return counter === undefined ? undefined : { web_authn_credential: { ...stored, counter } };
  }
  const info = await verifyAttestation(ctx, asked, answer.credential_response);
  if (!info) return undefined;
  const { id, publicKey, counter, transports = [] } = info.credential;
  return {
    web_authn_credential: { id, publicKey: toBase64Url(publicKey), counter, transports },
    web_authn_aaguid: info.aaguid,
  };
}

function readChallenge({ web_authn_session_data: session }: Challenge): WebAuthnChallenge {
  if (typeof session?.challenge !== 'string' || typeof session.rpId !== 'string') {
    throw internal('The challenge is not one for WebAuthn');
  }
  return { challenge: session.challenge, rpId: session.rpId };
}

function readCredential(factor: Factor): StoredCredential | undefined {
  const stored = factor.web_authn_credential;
  if (typeof stored?.id !== 'string' || typeof stored.publicKey !== 'string') return undefined;
  return { ...stored, id: stored.id, publicKey: stored.publicKey, counter: Number(stored.counter) || 0 };
}
