import { resolve } from 'node:path';
import { openServedStack, type ServedStack } from './backend/embedded/served-stack.ts';
import { SupabaseDevError } from './shared/errors.ts';
import { requireFolder } from './shared/files.ts';
import { LOG_LEVELS } from './shared/log-level.ts';
import { silentLogger } from './shared/logger.ts';
import { Observations } from './shared/observations.ts';
import {
  checkOptions,
  flag,
  logger,
  oneOf,
  port,
  stringList,
  table,
  text,
  type Checks,
} from './shared/option-checks.ts';
import type { PortChoice } from './shared/ports.ts';
import type { StackOptions } from './stack-options.ts';
import { loadConfig, type SupabaseConfig } from './stack/config/config.ts';
import { makeEphemeralDataDir } from './stack/postgres/ephemeral.ts';
import { defaultDataDir } from './stack/project.ts';

const CHECKS = {
  root: text,
  port,
  dbPort: port,
  dataDir: text,
  ephemeral: flag,
  config: table,
  postgres: { binDir: text },
  skipExtensions: stringList,
  functions: { inspect: flag },
  log: oneOf(...LOG_LEVELS),
  logger,
} satisfies Record<keyof StackOptions, Checks[string]>;

/**
 * The stack behind `startStack`, with what only the commands of this package use.
 *
 * @throws SupabaseDevError as `startStack`
 */
export async function openStack(
  options: StackOptions,
  observations = new Observations(),
): Promise<{ readonly stack: ServedStack; readonly config: SupabaseConfig }> {
  checkOptions('startStack()', options, CHECKS);
  const root = resolve(options.root ?? process.cwd());
  await requireFolder(root, 'the option root');
  const config = await loadConfig(root, { overrides: options.config });
  const ephemeral = options.ephemeral ?? false;
  const dataDir = options.dataDir ?? (await (ephemeral ? makeEphemeralDataDir() : defaultDataDir(root)));
  const choose = (port: number | undefined, section: string, fallback: number): PortChoice =>
    port === undefined ? { preferred: config.section(section).integer('port', fallback) } : { exact: port };
  const stack = await openServedStack({
    config,
    dataDir: resolve(dataDir),
    ephemeral,
    port: choose(options.port, 'api', 54321),
    dbPort: choose(options.dbPort, 'db', 54322),
    binDir: options.postgres?.binDir,
    functions: { inspect: options.functions?.inspect ?? false },
    skipExtensions: options.skipExtensions,
    observations,
    logger: options.logger ?? silentLogger,
  });
  if (stack.kind === 'member') {
    stack.leave();
    const { url, pid } = stack.record;
    throw new SupabaseDevError(
      'STACK_RUNNING',
      `This project's stack already runs at ${url} (process ${pid})`,
      {
        hint: 'Use that one, stop it first, or start another with { ephemeral: true }.',
      },
    );
  }
  return { stack, config };
}
