import { LOG_LEVELS, type LogLevel } from '../shared/log-level.ts';
import { DATA_DIR, print, rootOf, text, usageError, WORKDIR, type Call, type Command } from './command.ts';
import { INSTALLATION, installationOf } from './installation.ts';
import { withProgress } from './progress.ts';
import { stopOnSignals } from './stop-on-signals.ts';
import { listenForShortcuts } from './type-shortcuts.ts';
import { formatEnv } from './variables.ts';

export const start: Command = {
  name: 'start',
  usage: '[options]',
  summary:
    'runs the embedded Supabase of a project without Vite, prints URL and keys, and follows what is saved in supabase/; Ctrl-C ends it',
  flags: {
    port: {
      type: 'string',
      value: 'N',
      help: 'port of the API on 127.0.0.1 (default: [api] port of config.toml, 54321; 0: any free one)',
    },
    'db-port': {
      type: 'string',
      value: 'N',
      help: 'port of PostgreSQL on 127.0.0.1 (default: [db] port of config.toml, 54322; 0: any free one)',
    },
    ephemeral: { type: 'boolean', help: 'throw-away data, deleted at the end' },
    log: {
      type: 'string',
      value: 'LEVEL',
      help: `what it prints of requests: ${LOG_LEVELS.join(', ')} (default: hints, why they fail, once each)`,
    },
    ...INSTALLATION,
    workdir: WORKDIR,
    'data-dir': DATA_DIR,
  },
  arguments: 0,
  async run(call) {
    // Loaded only when needed: the usage is there at once.
    const { FollowedStack } = await import('./followed-stack.ts');
    const starting = FollowedStack.start({
      root: await rootOf(call),
      port: readPort(call, 'port'),
      dbPort: readPort(call, 'db-port'),
      dataDir: text(call, 'data-dir'),
      ephemeral: call.flags.ephemeral === true,
      log: readLevel(call),
      ...installationOf(call),
    });
    stopOnSignals(starting, 0);
    const stack = await withProgress('Starting the stack', starting);
    process.stdout.write(formatEnv(stack.address));
    print('Supabase is running; press Ctrl-C to stop it.');
    listenForShortcuts((command, args) => stack.request(command, args));
  },
};

function readLevel(call: Call): LogLevel | undefined {
  const value = text(call, 'log');
  const level = LOG_LEVELS.find((known) => known === value);
  if (value === undefined || level !== undefined) return level;
  throw usageError(`--log must be one of ${LOG_LEVELS.join(', ')}, not "${value}"`);
}

function readPort(call: Call, name: string): number | undefined {
  const value = text(call, name);
  if (value === undefined) return undefined;
  const port = Number(value);
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw usageError(`--${name} must be a port number, not "${value}"`);
}
