import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const read = (name: string): Buffer => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url));

/** A self-signed certificate for localhost, for tests only. */
export const CERTIFICATE: { key: Buffer; cert: Buffer } = {
  key: read('localhost.key'),
  cert: read('localhost.crt'),
};

/** A certificate for localhost that an authority has signed, and the authority's own file. */
export const SIGNED_CERTIFICATE = {
  key: read('signed.key'),
  cert: read('signed.crt'),
  authority: fileURLToPath(new URL('../fixtures/tls/authority.crt', import.meta.url)),
};
