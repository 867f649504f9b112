// supabase/realtime v2.129.8 lib/realtime_web/channels/auth/{channels_authorization,jwt_verification}.ex
import type { IncomingHttpHeaders } from 'node:http';
import { decodeProtectedHeader } from 'jose';
import { mayUseRole } from '../../http/allowed-roles.ts';
import { JwtVerifyError, type Claims, type JwtVerifier } from '../../jwt.ts';

/** Why Realtime refuses a token, with its message; `code` is the prefix of that message in a refused join. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
  readonly code: 'MalformedJWT' | 'JwtSignatureError' | 'InvalidJWTToken' | 'JwtSignerError';
  readonly reason: 'expired' | 'claims' | undefined;

  constructor(code: TokenError['code'], message: string, reason?: TokenError['reason']) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

/** Claims with those that Realtime requires. `exp` is in seconds since 1970. */
export interface ChannelClaims extends Claims {
  readonly role: string;
  readonly exp: number;
}

const CONFIGURATION = 'check your JWT secret or JWKS configuration';

/** Verifies the tokens of one caller. @throws TokenError */
export type VerifyToken = (token: string) => Promise<ChannelClaims>;

/**
 * Verifies tokens in Realtime's order: signature, then `exp`, then that `role` and `exp` exist. A token whose role this
 * caller may not use counts as one that another project has signed.
 *
 * @param headers of the caller's request, with the gateway's decision about its roles
 */
export function tokenVerifier(jwt: JwtVerifier, headers: IncomingHttpHeaders): VerifyToken {
  return async (token) => {
    const claims = await verifyToken(jwt, token);
    if (!mayUseRole(headers, claims.role)) throw invalidSignature();
    return claims;
  };
}

async function verifyToken(jwt: JwtVerifier, token: string): Promise<ChannelClaims> {
  // Realtime accepts tokens with stray white space.
  const cleaned = token.replaceAll(/\s/g, '');
  const { alg, kid } = readHeader(cleaned);
  // With a single key the verifier accepts ES256 and RS256 without a kid; Realtime does not.
  if (typeof alg === 'string' && !alg.startsWith('HS') && kid === undefined) throw signerError(undefined);
  const claims = await verifySignature(jwt, cleaned, kid);
  const exp = typeof claims.exp === 'number' ? Math.round(claims.exp) : undefined;
  const now = Math.floor(Date.now() / 1000);
  if (exp !== undefined && exp <= now) {
    throw new TokenError('InvalidJWTToken', `Token has expired ${now - exp} seconds ago`, 'expired');
  }
  if (exp === undefined || typeof claims.role !== 'string') {
    throw new TokenError('InvalidJWTToken', 'Fields `role` and `exp` are required in JWT', 'claims');
  }
  return { ...claims, role: claims.role, exp };
}

async function verifySignature(jwt: JwtVerifier, token: string, kid: string | undefined): Promise<Claims> {
  try {
    return (await jwt.verify(token)).claims;
  } catch (error) {
    if (!(error instanceof JwtVerifyError)) throw error;
    if (error.reason === 'signature') throw invalidSignature();
    if (error.reason === 'malformed') throw malformed();
    throw signerError(kid);
  }
}

function invalidSignature(): TokenError {
  return new TokenError('JwtSignatureError', 'Failed to validate JWT signature');
}

function malformed(): TokenError {
  return new TokenError('MalformedJWT', 'The token provided is not a valid JWT');
}

function signerError(kid: string | undefined): TokenError {
  const key = kid === undefined ? '' : ` for key ID (kid) ${JSON.stringify(kid)}`;
  return new TokenError('JwtSignerError', `Failed to generate JWT signer${key}, ${CONFIGURATION}`);
}

function readHeader(token: string): { alg: unknown; kid: string | undefined } {
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    return { alg, kid: typeof kid === 'string' ? kid : undefined };
  } catch {
    throw malformed();
  }
}
