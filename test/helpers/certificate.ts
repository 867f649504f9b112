import { readFileSync } from 'node:fs';

const read = (name: string): Buffer => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url));

/** A self-signed certificate for localhost, for tests only. */
export const CERTIFICATE: { key: Buffer; cert: Buffer } = {
  key: read('localhost.key'),
  cert: read('localhost.crt'),
};
