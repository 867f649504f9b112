import { resolve } from 'node:path';
import { errorMessage } from '../../shared/errors.ts';
import type { GatewayTarget, Upstream } from '../../gateway/target.ts';
import type { Logger } from '../../shared/logger.ts';
import type { EmbeddedOptions } from '../../options.ts';
import { loadConfig } from '../../stack/config/config.ts';
import type { Membership } from '../../stack/ownership.ts';
import type { MigrationResult } from '../../stack/postgres/migrations.ts';
import { defaultDataDir } from '../../stack/project.ts';
import type { Backend, BannerLine } from '../backend.ts';
import type { Environment } from '../settings.ts';
import { openEmbeddedStack, type EmbeddedStack, type EmbeddedStackOptions } from './served-stack.ts';

export interface EmbeddedBackendOptions {
  /** Folder that holds `supabase/`. */
  readonly root: string;
  readonly reason: string;
  readonly env: Environment;
  readonly embedded: EmbeddedOptions;
  readonly logger: Logger;
}

/**
 * Starts the embedded stack of a project in this process. When another process of the same project already runs it, its
 * stack is used, and taken over when that process ends.
 *
 * @throws SupabaseDevError; nothing is left running
 */
export async function startEmbedded(options: EmbeddedBackendOptions): Promise<Backend> {
  const { root, embedded, logger } = options;
  const config = await loadConfig(root, { overrides: embedded.config, env: options.env });
  const stackOptions: EmbeddedStackOptions = {
    config,
    dataDir: embedded.dataDir === undefined ? await defaultDataDir(root) : resolve(root, embedded.dataDir),
    ephemeral: false,
    // Only a second dev server of this project needs this port: any will do.
    port: { exact: 0 },
    dbPort:
      embedded.dbPort === undefined
        ? { preferred: config.section('db').integer('port', 54322) }
        : { exact: embedded.dbPort },
    binDir: embedded.postgres?.binDir,
    skipExtensions: embedded.skipExtensions,
    logger,
  };

  let current = await open(stackOptions);
  let successor: Promise<void> | undefined;
  let isClosed = false;

  const takeOver = async (): Promise<void> => {
    logger.warn('The process that ran the Supabase stack has ended; taking it over');
    current = await open(stackOptions);
    successor = undefined;
    follow();
  };
  const follow = (): void => {
    void current.ended?.then(() => {
      if (isClosed) return;
      successor = takeOver();
      successor.catch((error: unknown) =>
        logger.error(`Supabase cannot be taken over: ${errorMessage(error)}`),
      );
    });
  };
  follow();

  return {
    kind: 'embedded',
    reason: options.reason,
    target: () => (successor ? successor.then(() => current.target()) : current.target()),
    describe: () => current.lines(),
    migrate: async () => (await current.migrate?.())?.applied ?? [],
    async close() {
      isClosed = true;
      await successor?.catch(() => {});
      await current.close();
    },
  };
}

/** The stack as this process has it: its own, or another process's. */
interface Access {
  target(): GatewayTarget;
  lines(): BannerLine[];
  migrate?(): Promise<MigrationResult>;
  close(): Promise<void>;
  /** Settles when the other process has ended; absent for one's own. */
  readonly ended?: Promise<void>;
}

async function open(options: EmbeddedStackOptions): Promise<Access> {
  const opened = await openEmbeddedStack(options);
  return opened.kind === 'stack' ? ownAccess(opened) : joinedAccess(opened);
}

const MAIL: BannerLine = { label: 'Mail', value: '/__supabase/mail/' };
const NO_MIGRATIONS =
  'none yet; a file saved as supabase/migrations/<timestamp>_<name>.sql is applied at once';

function ownAccess(stack: EmbeddedStack): Access {
  return {
    target: () => stack.target(),
    lines() {
      const { applied, total } = stack.migrations();
      const migrations = total === 0 ? NO_MIGRATIONS : `${total} (${applied.length} applied now)`;
      return [
        { label: 'Supabase', value: 'embedded' },
        { label: 'PostgreSQL', value: stack.record.dbUrl },
        { label: 'Migrations', value: migrations },
        MAIL,
      ];
    },
    migrate: () => stack.migrate(),
    close: () => stack.stop(),
  };
}

function joinedAccess(member: Membership): Access {
  const { pid, url, dbUrl, proof, ...keys } = member.record;
  const upstream: Upstream = { kind: 'url', url: new URL(url), speaks: 'gateway', host: 'client', proof };
  const names = ['auth', 'rest', 'realtime', 'storage', 'mail'] as const;
  const upstreams = Object.fromEntries(names.map((name) => [name, upstream]));
  const target: GatewayTarget = { keys, upstreams };
  return {
    target: () => target,
    lines: () => [
      { label: 'Supabase', value: `embedded, shared with process ${pid}` },
      { label: 'PostgreSQL', value: dbUrl },
      MAIL,
    ],
    close: async () => member.leave(),
    ended: member.ended,
  };
}
