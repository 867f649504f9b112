import { execFile } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import type { Environment, KeyName, PartialKeys } from '../shared/environment.ts';
import { exists } from '../shared/files.ts';
import { isObject, parseJson } from '../shared/json.ts';

/** What the Supabase CLI reports about this project's running stack. */
export interface CliStatus {
  readonly url: URL;
  readonly keys: PartialKeys;
}

const STATUS_TIMEOUT_MS = 8_000;

/**
 * Runs `supabase status -o json` in the project. Undefined when there is no CLI, no Docker, or no running stack of
 * this project: the CLI looks for the containers of its `project_id`.
 */
export async function readCliStatus(
  root: string,
  env: Environment = process.env,
): Promise<CliStatus | undefined> {
  const binary = await findCli(root, env);
  if (binary === undefined) return undefined;
  const output = await run(binary, ['status', '-o', 'json', '--workdir', root], root);
  return output === undefined ? undefined : parseCliStatus(output);
}

/** Reads the JSON of `supabase status`; older versions print other lines before it. */
export function parseCliStatus(output: string): CliStatus | undefined {
  const start = output.indexOf('{');
  if (start === -1) return undefined;
  const values = parseJson(output.slice(start, output.lastIndexOf('}') + 1));
  if (!isObject(values)) return undefined;
  const text = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const url = text('API_URL');
  if (url === undefined || !URL.canParse(url)) return undefined;
  const keys: Record<KeyName, string | undefined> = {
    publishableKey: text('PUBLISHABLE_KEY'),
    secretKey: text('SECRET_KEY'),
    anonKey: text('ANON_KEY'),
    serviceRoleKey: text('SERVICE_ROLE_KEY'),
    jwtSecret: text('JWT_SECRET'),
  };
  const known = Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined));
  return { url: new URL(url), keys: known };
}

/** The project's own CLI (npm) or the one on the PATH; it is never downloaded. */
async function findCli(root: string, env: Environment): Promise<string | undefined> {
  const name = process.platform === 'win32' ? 'supabase.exe' : 'supabase';
  const candidates: string[] = [];
  for (let folder = root; ; folder = dirname(folder)) {
    // The npm package's binary: the shim in .bin is a script, which Windows cannot start without a shell.
    candidates.push(join(folder, 'node_modules', 'supabase', 'bin', name));
    if (folder === dirname(folder)) break;
  }
  const path = env.PATH ?? env.Path ?? '';
  for (const folder of path.split(delimiter).filter(Boolean)) candidates.push(join(folder, name));
  for (const candidate of candidates) {
    if (await exists(candidate)) return candidate;
  }
  return undefined;
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
