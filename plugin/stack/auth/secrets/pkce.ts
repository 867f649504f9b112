import { createHash } from 'node:crypto';
import { badRequest, invalid } from '../errors.ts';
import { isSameSecret } from './compare.ts';

// GoTrue v2.196 internal/api/pkce.go, internal/security/pkce.go

/** What a client sent to begin a PKCE flow (RFC 7636); both '' outside of one. */
export interface CodeChallenge {
  readonly challenge: string;
  readonly method: string;
}

export type ChallengeMethod = 's256' | 'plain';

/** Marks the hash of a link that ends in an auth code instead of a session. */
export const PKCE_PREFIX = 'pkce_';

/** Requires both or none, and a challenge of the right form. @throws AuthError 400 validation_failed */
export function checkCodeChallenge(challenge: string, method: string): CodeChallenge {
  if ((challenge === '') !== (method === '')) {
    throw invalid('PKCE flow requires code_challenge_method and code_challenge');
  }
  if (challenge === '') return { challenge, method };
  if (challenge.length < 43 || challenge.length > 128) {
    throw invalid('code challenge has to be between 43 and 128 characters');
  }
  if (!/^[a-zA-Z._~\d-]+$/.test(challenge)) {
    throw invalid(
      'code challenge can only contain alphanumeric characters, hyphens, periods, underscores and tildes',
    );
  }
  return { challenge, method };
}

/** @throws AuthError 400 for another method than s256 and plain, where GoTrue answers 500 at some endpoints */
export function parseChallengeMethod(method: string): ChallengeMethod {
  const lower = method.toLowerCase();
  if (lower === 's256' || lower === 'plain') return lower;
  throw badRequest('validation_failed', 'Invalid code_challenge_method');
}

/** RFC 7636, section 4.6. */
export function verifyCodeVerifier(challenge: string, method: ChallengeMethod, verifier: string): boolean {
  const answer = method === 's256' ? createHash('sha256').update(verifier).digest('base64url') : verifier;
  return isSameSecret(answer, challenge);
}
