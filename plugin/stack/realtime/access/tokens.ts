import { JwtVerifyError, type Claims, type JwtVerifier } from '../../jwt.ts';
import { isObject, parseJson } from '../protocol/messages.ts';

/** Why Supabase Realtime refuses a token; `code` is what a refused join is prefixed with. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
  readonly code: 'MalformedJWT' | 'JwtSignatureError' | 'InvalidJWTToken' | 'JwtSignerError';
  readonly isExpired: boolean;

  constructor(code: TokenError['code'], message: string, isExpired = false) {
    super(message);
    this.code = code;
    this.isExpired = isExpired;
  }
}

/** Claims with what Realtime requires. `exp` is in seconds since 1970. */
export interface ChannelClaims extends Claims {
  readonly role: string;
  readonly exp: number;
}

const CONFIGURATION = 'check your JWT secret or JWKS configuration';

/**
 * Verifies a token as Supabase Realtime does: signature, then `exp`, then that `role` and `exp` are there.
 *
 * @throws TokenError with the original's text
 */
export async function verifyToken(jwt: JwtVerifier, token: string): Promise<ChannelClaims> {
  const cleaned = clean(token);
  const { alg, kid } = readHeader(cleaned);
  // The verifier accepts ES256 and RS256 without a kid when there is one key; Supabase Realtime does not.
  if (typeof alg === 'string' && !alg.startsWith('HS') && kid === undefined) throw signerError(undefined);
  const claims = await verifySignature(jwt, cleaned, kid);
  const exp = typeof claims.exp === 'number' ? Math.round(claims.exp) : undefined;
  const now = Math.floor(Date.now() / 1000);
  if (exp !== undefined && exp <= now) {
    throw new TokenError('InvalidJWTToken', `Token has expired ${now - exp} seconds ago`, true);
  }
  if (exp === undefined || typeof claims.role !== 'string') {
    throw new TokenError('InvalidJWTToken', 'Fields `role` and `exp` are required in JWT');
  }
  return { ...claims, role: claims.role, exp };
}

async function verifySignature(jwt: JwtVerifier, token: string, kid: string | undefined): Promise<Claims> {
  try {
    return (await jwt.verify(token)).claims;
  } catch (error) {
    if (!(error instanceof JwtVerifyError)) throw error;
    if (error.reason === 'signature')
      throw new TokenError('JwtSignatureError', 'Failed to validate JWT signature');
    if (error.reason === 'malformed') throw malformed();
    throw signerError(kid);
  }
}

function malformed(): TokenError {
  return new TokenError('MalformedJWT', 'The token provided is not a valid JWT');
}

function signerError(kid: string | undefined): TokenError {
  const key = kid === undefined ? '' : ` for key ID (kid) ${JSON.stringify(kid)}`;
  return new TokenError('JwtSignerError', `Failed to generate JWT signer${key}, ${CONFIGURATION}`);
}

/** URL-encoded tokens and ones with stray white space are accepted, as the original does. */
function clean(token: string): string {
  try {
    return decodeURIComponent(token).replaceAll(/\s/g, '');
  } catch {
    throw malformed();
  }
}

function readHeader(token: string): { alg: unknown; kid: string | undefined } {
  const header = parseJson(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
  if (!isObject(header)) throw malformed();
  return { alg: header.alg, kid: typeof header.kid === 'string' ? header.kid : undefined };
}
