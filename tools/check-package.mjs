// Checks what `npm pack` puts into the tarball: everything that is needed at run time, and nothing else. Prints its size.
// With --publish also that it can be published as it is; a tag such as v1.2.3 must then be the version's.
// Usage, after `npm run build`: node tools/check-package.mjs [--publish [tag]]
import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join, posix, sep } from 'node:path';

/** Everything that may be in it. Whatever else is packed is a mistake. */
const ALLOWED =
  /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|client\.d\.ts|llms\.txt|skills\/[\w-]+\/SKILL\.md|docs\/[\w-]+\.md|dist\/(studio\/pages\/)?LICENSES\.md|dist\/.+\.(js|d\.ts|sql|html|css|control))$/;
/** What the build takes from another package. */
const COPIED =
  /^dist\/stack\/postgres\/(extensions\/pgtap\/(pgtap\.tar\.gz|LICENSE)|dump\/pg_dump\/(pg_dump\.(cjs|wasm)|LICENSE))$/;
const FORBIDDEN = /(^|\/)(tests?|fixtures|bench)\/|\.test\./;
const MAX_PACKED_KIB = 2048;

const [, , mode, tag] = process.argv;
const problems = [];
const packed = listPacked();
const paths = new Set(packed.files.map((file) => file.path));
const manifest = JSON.parse(await readFile('package.json', 'utf8'));

for (const path of paths) {
  if (!(ALLOWED.test(path) || COPIED.test(path)) || FORBIDDEN.test(path))
    problems.push(`${path} is packed and should not be`);
}

// Every file that is read at run time is packed.
for (const entry of await readdir('plugin', { recursive: true, withFileTypes: true })) {
  const source = join(entry.parentPath, entry.name).split(sep).join('/');
  if (!entry.isFile() || /(\.md|(?<!\.d)\.ts)$/.test(entry.name) || source.startsWith('plugin/studio/pages/'))
    continue;
  const target = source.replace(/^plugin\//, 'dist/');
  if (!paths.has(target)) problems.push(`${target} is missing: run \`npm run build\``);
}

for (const target of entryPoints(manifest)) {
  if (!paths.has(target)) problems.push(`package.json names ${target}, which is not packed`);
}

// README.md is also npm's page, where links to other files need them in the package (and `repository`).
for (const page of ['README.md', 'llms.txt']) {
  const text = await readFile(page, 'utf8');
  for (const [, link] of text.matchAll(/\]\(([^)#]+)/g)) {
    if (!paths.has(posix.normalize(link))) problems.push(`${page} links to ${link}, which is not packed`);
  }
}

if (mode === '--publish') {
  if (manifest.repository === undefined) {
    problems.push(
      'package.json has no "repository": npm needs it for the links of README.md, and for --provenance',
    );
  }
  if (tag !== undefined && tag !== `v${manifest.version}`) {
    problems.push(`the tag ${tag} is not that of version ${manifest.version}`);
  }
  for (const file of await readdir('.changeset')) {
    if (file.endsWith('.md') && file !== 'README.md')
      problems.push(`.changeset/${file} is not in CHANGELOG.md yet`);
  }
}

const kib = (bytes) => Math.ceil(bytes / 1024);
if (kib(packed.size) > MAX_PACKED_KIB) problems.push(`the tarball is larger than ${MAX_PACKED_KIB} KiB`);

for (const problem of problems) console.error(problem);
console.log(
  `${packed.files.length} files, ${kib(packed.size)} KiB packed, ${kib(packed.unpackedSize)} KiB unpacked`,
);
process.exitCode = problems.length > 0 ? 1 : 0;

function listPacked() {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const npm = process.env.npm_execpath;
  const output =
    npm === undefined
      ? execFileSync('npm', args, { encoding: 'utf8', shell: process.platform === 'win32' })
      : execFileSync(process.execPath, [npm, ...args], { encoding: 'utf8' });
  // npm 11 prints an object by package name, npm 10 an array.
  const [report] = Object.values(JSON.parse(output));
  return report;
}

function entryPoints({ bin, exports }) {
  const targets = [...Object.values(bin), ...Object.values(exports)].flatMap((value) =>
    typeof value === 'string' ? [value] : Object.values(value),
  );
  return targets.map((target) => posix.normalize(target));
}
