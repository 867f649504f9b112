import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
} from '@simplewebauthn/server';
import type { Context } from '../app.ts';
import { insertChallenge, type Challenge } from '../db/challenges.ts';
import { transaction, type Db } from '../db/database.ts';
import { updateFactor, type Factor } from '../db/factors.ts';
import { internal, invalid, unprocessable } from '../errors.ts';
import { fromBase64Url, relyingParty, toBase64Url } from '../webauthn.ts';
import { isObject, type JsonObject } from '../../../shared/json.ts';
import type { User } from '../db/users.ts';

/** What a verified factor keeps of its credential. */
interface StoredCredential {
  readonly id: string;
  readonly publicKey: string;
  readonly counter: number;
  readonly transports?: string[];
}

/** A challenge for `navigator.credentials`: `create` for a new factor, `request` for a verified one. */
export async function webAuthnChallenge(
  ctx: Context,
  user: User,
  factor: Factor,
): Promise<{ challenge: Challenge; webauthn: JsonObject }> {
  const party = relyingParty(ctx);
  const credential = readCredential(factor);
  const options = credential
    ? await generateAuthenticationOptions({
        rpID: party.id,
        allowCredentials: [{ id: credential.id }],
        userVerification: 'preferred',
      })
    : await registrationOptions(user, party);
  const session = { challenge: options.challenge, rpId: party.id };
  const challenge = await transaction(ctx.pool, (db) => insertChallenge(db, factor, ctx.req.ip, { session }));
  const type = credential ? 'request' : 'create';
  return { challenge, webauthn: { type, credential_options: { publicKey: options } } };
}

function registrationOptions(
  user: User,
  party: { readonly id: string; readonly name: string },
): ReturnType<typeof generateRegistrationOptions> {
  const known = user.factors.flatMap((factor) => readCredential(factor) ?? []);
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

/** @throws AuthError 400 for a body that is no answer to a challenge */
export function checkWebAuthnAnswer(answer: JsonObject | undefined): void {
  if (!answer) throw invalid('WebAuthn config required');
  if (answer.type !== 'create' && answer.type !== 'request') {
    throw invalid('WebAuthn type must be create or request');
  }
  if (!isObject(answer.credential_response)) throw invalid('credential_response required');
}

/** Checks what the authenticator answered, and keeps the credential of a new factor. @throws AuthError */
export async function verifyWebAuthnAnswer(
  ctx: Context,
  db: Db,
  factor: Factor,
  challenge: Challenge,
  answer: JsonObject,
): Promise<void> {
  const session = challenge.web_authn_session_data;
  if (typeof session?.challenge !== 'string' || typeof session.rpId !== 'string') {
    throw internal('The challenge is not one for WebAuthn');
  }
  const { origins } = relyingParty(ctx);
  const expected = {
    expectedChallenge: session.challenge,
    expectedOrigin: origins,
    expectedRPID: session.rpId,
    requireUserVerification: false,
  };
  const credential = readCredential(factor);
  const response = answer.credential_response;
  const refuse = (): Error =>
    unprocessable('mfa_verification_failed', 'Failed to validate WebAuthn MFA response');
  const changes = credential
    ? await verifyAssertion(expected, response as AuthenticationResponseJSON, credential).catch(
        () => undefined,
      )
    : await verifyAttestation(expected, response as RegistrationResponseJSON).catch(() => undefined);
  if (!changes) throw refuse();
  await updateFactor(db, factor, {
    ...changes,
    last_webauthn_challenge_data: {
      challenge: { challenge_id: challenge.id, factor_id: factor.id, created_at: challenge.created_at },
      type: answer.type,
      credential_response: response,
    },
  });
}

interface Expected {
  readonly expectedChallenge: string;
  readonly expectedOrigin: string[];
  readonly expectedRPID: string;
  readonly requireUserVerification: boolean;
}

type CredentialChanges = Pick<Factor, 'web_authn_credential'> & Partial<Pick<Factor, 'web_authn_aaguid'>>;

async function verifyAttestation(
  expected: Expected,
  response: RegistrationResponseJSON,
): Promise<CredentialChanges | undefined> {
  const { verified, registrationInfo } = await verifyRegistrationResponse({ ...expected, response });
  if (!verified || !registrationInfo) return undefined;
  const { credential, aaguid } = registrationInfo;
  return {
    web_authn_credential: {
      id: credential.id,
      publicKey: toBase64Url(credential.publicKey),
      counter: credential.counter,
      transports: credential.transports ?? [],
    },
    web_authn_aaguid: aaguid,
  };
}

async function verifyAssertion(
  expected: Expected,
  response: AuthenticationResponseJSON,
  stored: StoredCredential,
): Promise<CredentialChanges | undefined> {
  const credential = { id: stored.id, publicKey: fromBase64Url(stored.publicKey), counter: stored.counter };
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    ...expected,
    response,
    credential,
  });
  if (!verified) return undefined;
  return { web_authn_credential: { ...stored, counter: authenticationInfo.newCounter } };
}

function readCredential(factor: Factor): StoredCredential | undefined {
  const stored = factor.web_authn_credential;
  if (typeof stored?.id !== 'string' || typeof stored.publicKey !== 'string') return undefined;
  return { ...stored, id: stored.id, publicKey: stored.publicKey, counter: Number(stored.counter) || 0 };
}
