import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { packTar } from './pack-tar.ts';
import { startWebsite } from './website.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** An npm registry on loopback: edge functions import without a network what is installed here. */
export interface InstalledRegistry {
  readonly url: string;
  close(): void;
}

/** @param name an installed package, which is served with all that it depends on */
export async function startInstalledRegistry(name: string): Promise<InstalledRegistry> {
  const folders = new Map<string, Manifest>();
  collect(name, REPOSITORY, folders);
  const answers = new Map<string, string | Buffer>();
  const site = await startWebsite((req, res) => {
    const answer = answers.get(decodeURIComponent(req.url ?? ''));
    if (answer === undefined) res.writeHead(404).end();
    else res.writeHead(200, { 'content-type': 'application/json' }).end(answer);
  });
  const url = `http://${site.host}`;
  for (const one of new Set([...folders.values()].map((manifest) => manifest.name))) {
    const versions = [...folders].filter(([, manifest]) => manifest.name === one);
    const entries = versions.map(([folder, manifest]) => {
      const tarball = pack(folder);
      const path = `/${one}/-/${manifest.version}.tgz`;
      answers.set(path, tarball);
      const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
      return [manifest.version, { ...manifest, dist: { tarball: `${url}${path}`, integrity } }];
    });
    const latest = versions[0]?.[1].version;
    answers.set(
      `/${one}`,
      JSON.stringify({ name: one, 'dist-tags': { latest }, versions: Object.fromEntries(entries) }),
    );
  }
  return { url, close: () => site.close() };
}

/** Adds the folder of a package as `from` finds it, and those of its dependencies. */
function collect(name: string, from: string, folders: Map<string, Manifest>): void {
  const folder = join(from, 'node_modules', name);
  if (!existsSync(join(folder, 'package.json'))) {
    if (dirname(from) === from) throw new Error(`${name} is not installed`);
    collect(name, dirname(from), folders);
    return;
  }
  if (folders.has(folder)) return;
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  folders.set(folder, manifest);
  for (const dependency of Object.keys(manifest.dependencies ?? {})) collect(dependency, folder, folders);
}

function pack(folder: string): Buffer {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !relative(folder, path).includes('node_modules'));
  const contents = files.map((path) => [
    `package/${relative(folder, path).replaceAll(sep, '/')}`,
    readFileSync(path),
  ]);
  return gzipSync(packTar(Object.fromEntries(contents) as Record<string, Buffer>));
}
