import type { JWK } from 'jose';

/** The keys of a JWKS document; undefined when it is none. */
export function decodeJwks(json: unknown): readonly JWK[] | undefined {
  if (typeof json !== 'object' || json === null || !('keys' in json) || !Array.isArray(json.keys))
    return undefined;
  return json.keys.filter((key): key is JWK => typeof key === 'object' && key !== null && 'kty' in key);
}
