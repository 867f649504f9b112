import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { PartialKeys } from './keys.ts';

/** What the Supabase CLI says of this project's running stack. */
export interface CliStatus {
  readonly url: URL;
  readonly keys: PartialKeys;
}

const STATUS_TIMEOUT_MS = 8_000;

/**
 * Asks `supabase status -o json` in the project. Undefined when there is no CLI, no Docker, or no running stack of
 * this project: the CLI looks for the containers of its `project_id`.
 */
export async function readCliStatus(
  root: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<CliStatus | undefined> {
  const binary = await findCli(root, env);
  if (binary === undefined) return undefined;
  const output = await run(binary, ['status', '-o', 'json', '--workdir', root], root);
  return output === undefined ? undefined : parseCliStatus(output);
}

/** Reads the JSON of `supabase status`, before which older versions print other lines. */
export function parseCliStatus(output: string): CliStatus | undefined {
  const start = output.indexOf('{');
  if (start === -1) return undefined;
  let values: Record<string, unknown>;
  try {
    values = JSON.parse(output.slice(start, output.lastIndexOf('}') + 1)) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const text = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const url = text('API_URL');
  if (url === undefined || !URL.canParse(url)) return undefined;
  const keys: Record<string, string | undefined> = {
    publishableKey: text('PUBLISHABLE_KEY'),
    secretKey: text('SECRET_KEY'),
    anonKey: text('ANON_KEY'),
    serviceRoleKey: text('SERVICE_ROLE_KEY'),
    jwtSecret: text('JWT_SECRET'),
  };
  const known = Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined));
  return { url: new URL(url), keys: known };
}

/** The project's own CLI (npm) or the one on the PATH; never one that would first have to be downloaded. */
async function findCli(
  root: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const name = process.platform === 'win32' ? 'supabase.exe' : 'supabase';
  const candidates: string[] = [];
  for (let folder = root; ; folder = dirname(folder)) {
    // The npm package's real binary: a shim in .bin is a script that Windows could not start without a shell.
    candidates.push(join(folder, 'node_modules', 'supabase', 'bin', name));
    if (folder === dirname(folder)) break;
  }
  const path = env.PATH ?? env.Path ?? '';
  for (const folder of path.split(delimiter).filter(Boolean)) candidates.push(join(folder, name));
  for (const candidate of candidates) {
    if (await isThere(candidate)) return candidate;
  }
  return undefined;
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

function run(binary: string, args: readonly string[], cwd: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(
      binary,
      args,
      { cwd, timeout: STATUS_TIMEOUT_MS, windowsHide: true, maxBuffer: 1024 * 1024 },
      (error, stdout) => resolve(error ? undefined : stdout),
    );
  });
}
