import { createCipheriv, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import type { ImportedHash } from './imported-hash.ts';

// GoTrue v2.196 internal/crypto/password.go; https://github.com/firebase/scrypt

const FORMAT =
  /^\$fbscrypt\$v=1,n=(?<n>\d{1,2}),r=(?<r>\d{1,4}),p=(?<p>\d{1,3})(?:,ss=(?<separator>[^,$]+))?(?:,sk=(?<key>[^$]+))?\$(?<salt>[^$]+)\$(?<hash>.+)$/;
const BASE64 = /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/;
const KEY_BYTES = 32;
const MAX_MEMORY_BYTES = 1024 ** 3;
const NO_IV = Buffer.alloc(16);

const deriveKey = promisify<string, Buffer, number, object, Buffer>(scrypt);

/** Reads `$fbscrypt$v=1,…`, as users are exported from Firebase; undefined for what GoTrue does not read. */
export function parseFirebaseScrypt(text: string): ImportedHash | undefined {
  const groups = FORMAT.exec(text)?.groups;
  if (!groups) return undefined;
  const { n, r, p, separator = '', key = '', salt = '', hash = '' } = groups;
  const [power, blockSize, parallelization] = [Number(n), Number(r), Number(p)];
  if (power === 0 || blockSize === 0 || parallelization === 0 || parallelization > 255) return undefined;
  if (![separator, key, salt, hash].every((part) => BASE64.test(part))) return undefined;
  const bytes = (part: string): Buffer => Buffer.from(part, 'base64');
  const cost = { N: 2 ** power, r: blockSize, p: parallelization, maxmem: MAX_MEMORY_BYTES };
  return {
    expected: bytes(hash),
    async derive(password) {
      const derived = await deriveKey(
        password,
        Buffer.concat([bytes(salt), bytes(separator)]),
        KEY_BYTES,
        cost,
      );
      // Firebase stores its signer key, encrypted with the derived one.
      return createCipheriv('aes-256-ctr', derived, NO_IV).update(bytes(key));
    },
  };
}
