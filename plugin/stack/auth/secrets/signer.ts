import { createHmac, createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { Keys } from '../../keys.ts';

const signAsync = promisify(sign);

/** Signs JWTs; the payload's keys keep their order. */
export interface Signer {
  readonly algorithm: 'HS256' | 'ES256' | 'RS256';
  sign(payload: Readonly<Record<string, unknown>>): Promise<string>;
}

/** HS256 with the secret, or the first of the signing keys. */
export function createSigner(keys: Pick<Keys, 'jwtSecret' | 'signingKeys'>): Signer {
  const [jwk] = keys.signingKeys;
  if (!jwk) {
    const header = encode({ alg: 'HS256', typ: 'JWT' });
    return {
      algorithm: 'HS256',
      async sign(payload) {
        const body = `${header}.${encode(payload)}`;
        return `${body}.${createHmac('sha256', keys.jwtSecret).update(body).digest('base64url')}`;
      },
    };
  }
  const algorithm = jwk.alg === 'RS256' ? 'RS256' : 'ES256';
  const header = encode({ alg: algorithm, ...(jwk.kid ? { kid: jwk.kid } : {}), typ: 'JWT' });
  const key = createPrivateKey({ key: { ...jwk }, format: 'jwk' });
  return {
    algorithm,
    async sign(payload) {
      const body = `${header}.${encode(payload)}`;
      const signature = await signAsync('sha256', Buffer.from(body), signingInput(key, algorithm));
      return `${body}.${signature.toString('base64url')}`;
    },
  };
}

/** JWS requires the two numbers of an ECDSA signature side by side, not as DER. */
function signingInput(key: KeyObject, algorithm: string): { key: KeyObject; dsaEncoding?: 'ieee-p1363' } {
  return algorithm === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' } : { key };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
