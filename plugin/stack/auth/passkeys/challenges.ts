import type { JsonObject } from '../../../shared/json.ts';
import type { Context } from '../app.ts';
import { insertPasskeyChallenge, takePasskeyChallenge, type ChallengeOwner } from '../db/passkeys.ts';
import { badRequest, invalid } from '../errors.ts';
import { readParams } from '../http/request.ts';
import { isUuid } from '../uuid.ts';
import type { WebAuthnChallenge } from '../webauthn.ts';

// GoTrue v2.196 internal/api/passkey_webauthn.go

const CHALLENGE_SECONDS = 300;

const VERIFY = {
  name: 'PasskeyVerifyParams',
  fields: { challenge_id: 'string', credential: 'object' },
} as const;

/** Stores a challenge. @returns the answer's JSON, with the options for `navigator.credentials` */
export async function offerChallenge(
  ctx: Context,
  owner: ChallengeOwner,
  options: { readonly challenge: string },
  rpId: string,
): Promise<JsonObject> {
  const expiresAt = new Date(Date.now() + CHALLENGE_SECONDS * 1000);
  const session = { challenge: options.challenge, rpId };
  const id = await insertPasskeyChallenge(ctx.pool, owner, session, expiresAt);
  return { challenge_id: id, options, expires_at: Math.floor(expiresAt.getTime() / 1000) };
}

/** Reads the answer to a challenge and uses the challenge up. @throws AuthError 400 */
export async function openAnswer(
  ctx: Context,
  owner: ChallengeOwner,
): Promise<{ credential: JsonObject; challenge: WebAuthnChallenge }> {
  const params = readParams(ctx.req, VERIFY);
  if (params.challenge_id === '') throw invalid('challenge_id is required');
  if (!params.credential) throw invalid('credential is required');
  if (!isUuid(params.challenge_id)) throw invalid('challenge_id must be a valid UUID');
  const stored = await takePasskeyChallenge(ctx.pool, params.challenge_id, owner);
  if (!stored) {
    throw badRequest('webauthn_challenge_not_found', 'Challenge not found or already used');
  }
  if (Date.now() > Date.parse(stored.expires_at)) {
    throw badRequest('webauthn_challenge_expired', 'Challenge has expired');
  }
  const { challenge, rpId } = stored.session_data;
  return {
    credential: params.credential,
    challenge: { challenge: String(challenge), rpId: String(rpId) },
  };
}

export const verificationFailed = (): Error =>
  badRequest('webauthn_verification_failed', 'Credential verification failed');
