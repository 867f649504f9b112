import type { IncomingHttpHeaders } from 'node:http';
import { decodeJwt } from '../../shared/jwt.ts';
import { mayUseRole } from '../http/allowed-roles.ts';
import { JwtVerifyError, type JwtVerifier, type VerifiedJwt } from '../jwt.ts';

/** Why a call was refused: the code that clients see, and its message. */
export interface Unauthorized {
  readonly code: string;
  readonly message: string;
}

const INVALID_FORMAT: Unauthorized = {
  code: 'UNAUTHORIZED_INVALID_JWT_FORMAT',
  message: 'Invalid JWT format',
};

/**
 * Checks the JWT of a call, with the codes of the Supabase CLI's functions server (its main function, `RequestErrors`).
 *
 * @returns undefined if the call may go on
 */
export async function authorize(
  headers: IncomingHttpHeaders,
  jwt: JwtVerifier,
): Promise<Unauthorized | undefined> {
  if (!headers.authorization) {
    return { code: 'UNAUTHORIZED_NO_AUTH_HEADER', message: 'Missing authorization header' };
  }
  const parts = headers.authorization.split(' ');
  const token = parts.length === 2 && parts[0] === 'Bearer' ? parts[1] : undefined;
  const alg = token === undefined ? undefined : decodeJwt(token)?.header.alg;
  if (token === undefined || typeof alg !== 'string' || alg === '') return INVALID_FORMAT;
  try {
    const verified = await jwt.verify(token);
    return isCurrent(verified) ? undefined : invalid(alg);
  } catch (error) {
    if (error instanceof JwtVerifyError) return invalid(alg);
    throw error;
  }
}

/**
 * Whether the caller may act as the role of the JWT that it sent, verified or not: a function hands its caller's token
 * on to the stack, which trusts requests of this machine.
 */
export function mayUseToken(headers: IncomingHttpHeaders): boolean {
  const token = /^bearer\s+(.+)$/i.exec(headers.authorization ?? '')?.[1];
  const role = token === undefined ? undefined : decodeJwt(token.trim())?.claims.role;
  return typeof role !== 'string' || mayUseRole(headers, role);
}

function isCurrent({ claims }: VerifiedJwt): boolean {
  const now = Math.floor(Date.now() / 1000);
  const { exp, nbf } = claims;
  return isTimeOrAbsent(exp) && isTimeOrAbsent(nbf) && (exp ?? Infinity) > now && (nbf ?? 0) <= now;
}

function isTimeOrAbsent(time: unknown): time is number | undefined {
  return time === undefined || typeof time === 'number';
}

function invalid(alg: string): Unauthorized {
  if (alg === 'HS256') return { code: 'UNAUTHORIZED_JWT', message: 'Invalid JWT' };
  if (alg === 'ES256' || alg === 'RS256')
    return { code: 'UNAUTHORIZED_ASYMMETRIC_JWT', message: 'Invalid JWT' };
  return {
    code: 'UNAUTHORIZED_UNSUPPORTED_TOKEN_ALGORITHM',
    message: `Unsupported JWT algorithm ${alg}`,
  };
}
