import type { Claims } from '../../jwt.ts';
import { checkBucketName } from '../names.ts';
import type { SignedTokens } from '../objects/signed-token.ts';
import type { RestExchange } from './route.ts';

/**
 * Verifies the token of a signed download URL for the object that the path names.
 *
 * @throws StorageError InvalidBucketName, InvalidJWT, InvalidSignature
 */
export async function verifySignedUrl(
  tokens: SignedTokens,
  { bucket, name }: RestExchange,
  token: string,
): Promise<{ claims: Claims; expires: Date }> {
  checkBucketName(bucket);
  const claims = await tokens.verify(token, `${bucket}/${name}`, 'download');
  return { claims, expires: new Date((claims.exp ?? NaN) * 1000) };
}
