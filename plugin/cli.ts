#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { errorMessage, SupabaseDevError } from './shared/errors.ts';
import type { Logger } from './shared/logger.ts';
import { startStack, type Stack } from './start-stack.ts';

const USAGE = `Usage: vite-plugin-supabase start [options]

Runs the embedded Supabase of a project without Vite: PostgreSQL, Auth, REST, Realtime and Storage on one port.

Options:
  --workdir DIR   folder that holds supabase/ (default: the working directory)
  --port N        port of the API on 127.0.0.1 (default: [api] port of config.toml, 54321; 0: any free one)
  --db-port N     port of PostgreSQL on 127.0.0.1 (default: [db] port of config.toml, 54322; 0: any free one)
  --ephemeral     throw-away data, deleted at the end
  --postgres-bin-dir DIR   programs of another PostgreSQL installation, 15 or newer
  --skip-extensions A,B    extensions that may be missing: migrations skip the statements that create them
  --help          print this text
  --version       print the version of this package

Prints URL and keys as "supabase status -o env" does, then runs until Ctrl-C.
`;

// Standard output has only what programs read; messages for people go to standard error.
const logger: Logger = { info: print, warn: print, error: print };

await main(process.argv.slice(2)).catch((error: unknown) => {
  print(`vite-plugin-supabase: ${errorMessage(error)}`);
  if (error instanceof SupabaseDevError) {
    if (error.location?.frame) print(error.location.frame);
    if (error.hint) print(`What to do: ${error.hint}`);
  }
  process.exitCode = 1;
});

async function main(args: string[]): Promise<void> {
  const { values, positionals } = readArguments(args);
  if (values.help) process.stdout.write(USAGE);
  else if (values.version) process.stdout.write(`${await readVersion()}\n`);
  else if (positionals.length === 1 && positionals[0] === 'start') await start(values);
  else
    throw usageError(
      positionals.length === 0 ? 'a command is missing' : `no command "${positionals.join(' ')}"`,
    );
}

interface Arguments {
  workdir?: string;
  port?: string;
  'db-port'?: string;
  ephemeral?: boolean;
  'postgres-bin-dir'?: string;
  'skip-extensions'?: string;
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
        ephemeral: { type: 'boolean' },
        'postgres-bin-dir': { type: 'string' },
        'skip-extensions': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    });
  } catch (error) {
    throw usageError(errorMessage(error));
  }
}

async function start(values: Arguments): Promise<void> {
  const starting = startStack({
    root: resolve(values.workdir ?? '.'),
    port: readPort('--port', values.port),
    dbPort: readPort('--db-port', values['db-port']),
    ephemeral: values.ephemeral ?? false,
    postgres: { binDir: values['postgres-bin-dir'] },
    skipExtensions: values['skip-extensions']?.split(',').map((name) => name.trim()),
    logger,
  });
  stopOnSignals(starting);
  const stack = await starting;
  process.stdout.write(formatEnv(stack));
  print('Supabase is running; press Ctrl-C to stop it.');
}

function readPort(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw usageError(`${option} must be a port number, not "${text}"`);
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
