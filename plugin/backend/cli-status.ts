import { execFile } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import type { Environment, KeyName, PartialKeys } from '../shared/environment.ts';
import { isObject, parseJson, type JsonObject } from '../shared/json.ts';
import { findCli } from './cli-binary.ts';

/** What the Supabase CLI reports about this project's running stack. */
export interface CliStatus {
  readonly url: URL;
  /** Only the keys that the CLI reports: its experimental stack keeps the JWT secret to itself. */
  readonly keys: PartialKeys;
  /** URL of the database as `postgres`, where the CLI reports it. */
  readonly databaseUrl?: string;
  /** For messages: the stack's name and branch, where the CLI's default stack is not the one that runs. */
  readonly name?: string;
}

const STATUS_TIMEOUT_MS = 8_000;

/**
 * Asks the CLI for this project's running stack. Undefined when there is no CLI, no container engine, or no running
 * stack: the CLI looks for the containers of the project's `project_id`, and for its experimental stacks by the folder.
 *
 * CLI 3 answers `--output-format json` in both of its modes, and errors as JSON too. Older ones know `-o json` only, which
 * CLI 3 refuses for its experimental stack.
 */
export async function readCliStatus(
  root: string,
  env: Environment = process.env,
): Promise<CliStatus | undefined> {
  const binary = await findCli(root, env);
  if (binary === undefined) return undefined;
  const ask: Ask = async (args, variables) => readJson(await run(binary, args, root, variables));
  const answer = await ask(['status', '--output-format', 'json', '--workdir', root]);
  if (!isObject(answer)) return toStatus(await ask(['status', '-o', 'json', '--workdir', root]));
  return toStatus(answer) ?? findManagedStack(root, ask);
}

/** One question to the CLI; undefined when it does not answer in JSON. */
type Ask = (args: readonly string[], variables?: Environment) => Promise<unknown>;

/** Lets the commands about experimental stacks work in projects that do not set `[experimental] stack`. */
const MANAGED_STACKS = { SUPABASE_EXPERIMENTAL_STACK: '1' };

/** A running stack of the experimental kind that `supabase status` does not choose: of another name, branch or mode. */
async function findManagedStack(root: string, ask: Ask): Promise<CliStatus | undefined> {
  const list = await ask(['stack', 'list', '--output-format', 'json'], MANAGED_STACKS);
  const stacks: unknown[] = isObject(list) && Array.isArray(list.stacks) ? list.stacks : [];
  const project = await realpath(root);
  for (const stack of stacks.filter(isObject)) {
    if (stack.project_root !== project || stack.owner !== 'reachable' || typeof stack.id !== 'string')
      continue;
    const args = ['stack', 'status', '--stack-id', stack.id, '--output-format', 'json'];
    const status = toStatus(await ask(args, MANAGED_STACKS));
    if (status) return { ...status, name: [stack.name, stack.branch_context].filter(Boolean).join(', ') };
  }
  return undefined;
}

/** The values are at the top for containers, and in `env` for an experimental stack. */
function toStatus(answer: unknown): CliStatus | undefined {
  if (!isObject(answer)) return undefined;
  const values = isObject(answer.env) ? answer.env : answer;
  const url = textOf(values, 'API_URL');
  if (url === undefined || !URL.canParse(url)) return undefined;
  const keys: Record<KeyName, string | undefined> = {
    publishableKey: textOf(values, 'PUBLISHABLE_KEY'),
    secretKey: textOf(values, 'SECRET_KEY'),
    anonKey: textOf(values, 'ANON_KEY'),
    serviceRoleKey: textOf(values, 'SERVICE_ROLE_KEY'),
    jwtSecret: textOf(values, 'JWT_SECRET'),
  };
  const known = Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined));
  const databaseUrl = textOf(values, 'DB_URL');
  return { url: new URL(url), keys: known, ...(databaseUrl !== undefined && { databaseUrl }) };
}

function textOf(values: JsonObject, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The JSON of an answer; older versions print other lines before it. */
function readJson(output: string): unknown {
  const start = output.indexOf('{');
  return start === -1 ? undefined : parseJson(output.slice(start, output.lastIndexOf('}') + 1));
}

/** Standard output, also of a command that failed: errors are answers too. */
function run(binary: string, args: readonly string[], cwd: string, variables?: Environment): Promise<string> {
  const options = {
    cwd,
    env: { ...process.env, ...variables },
    timeout: STATUS_TIMEOUT_MS,
    windowsHide: true,
    maxBuffer: 1024 * 1024,
  };
  return new Promise((resolve) => {
    execFile(binary, args, options, (_error, stdout) => resolve(stdout));
  });
}
