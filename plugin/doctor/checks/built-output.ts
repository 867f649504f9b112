import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { isSecretKey } from '../../shared/secret-key.ts';
import type { DoctorContext } from '../context.ts';
import { ok, problem, type Finding } from '../finding.ts';

const CHECK = 'keys';

/** Where builds put what browsers load, and the folder that is copied there as it is. */
const FOLDERS = ['dist', 'build', 'out', '.output/public', '.svelte-kit/output/client', 'public'];
/** Parts of a build for servers, which may hold secrets. */
const SERVER = new Set(['server', 'ssr', 'node_modules']);
const TEXT = /\.(?:[cm]?js|html?|css|json|map|txt|webmanifest|svg|xml)$/i;
const MAX_FILES = 5_000;
const MAX_BYTES = 10 * 1024 * 1024;

/** What a secret key looks like, an opaque one or a JWT; a longer word that contains it is something else. */
const CANDIDATE = /(?<![\w.-])(?:sb_secret_[\w-]{8,}|eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+)/g;

/** Secret keys in what a build has put out for browsers. */
export async function checkBuiltOutput({ root, env }: DoctorContext): Promise<Finding[]> {
  const secrets = [env.SUPABASE_JWT_SECRET, env.SUPABASE_SECRET_KEY, env.SUPABASE_SERVICE_ROLE_KEY].filter(
    (value): value is string => value !== undefined && value.length >= 16,
  );
  const findings: Finding[] = [];
  let files = 0;
  for (const folder of FOLDERS)
    for (const file of await listFiles(join(root, folder))) {
      files += 1;
      const text = await readFile(file, 'utf8').catch(() => '');
      const found =
        secrets.find((secret) => text.includes(secret)) ??
        [...text.matchAll(CANDIDATE)].map(([word]) => word).find(isSecretKey);
      if (found !== undefined)
        findings.push(secretInOutput(relative(root, file).replaceAll('\\', '/'), found));
    }
  if (files === 0 || findings.length > 0) return findings;
  return [ok(CHECK, 'output', `No secret key in the ${files} files of the built output`)];
}

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries
    .filter((entry) => entry.isFile() && TEXT.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(
      (path) =>
        !relative(folder, path)
          .split(/[\\/]/)
          .some((part) => SERVER.has(part)),
    );
  const sizes = await Promise.all(paths.slice(0, MAX_FILES).map((path) => stat(path).catch(() => undefined)));
  return paths.filter((_, index) => (sizes[index]?.size ?? Infinity) <= MAX_BYTES);
}

function secretInOutput(file: string, key: string): Finding {
  return problem(CHECK, 'error', {
    kind: 'secret-in-output',
    subject: file,
    cause: `${file} contains a secret key (${key.slice(0, 14)}…), and every visitor can read it.`,
    cure: 'Use the publishable key in the page, build again, and rotate the secret key if this was ever deployed.',
  });
}
