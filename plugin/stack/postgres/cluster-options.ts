import type { Logger } from '../../shared/logger.ts';
import type { PortChoice } from '../../shared/ports.ts';
import type { Binaries } from './binaries.ts';
import type { DataDir } from './data-dir.ts';
import type { RunAs } from './run-as.ts';

/** How to run one data directory; shared by the steps of a start. */
export interface ClusterOptions {
  readonly binaries: Binaries;
  readonly dataDir: DataDir;
  readonly runAs: RunAs | undefined;
  readonly port: PortChoice;
  /** Survive a power cut (fsync on). Off for throw-away data. */
  readonly durable: boolean;
  /** Folders of each service's schema scripts. */
  readonly schemaDirs: readonly string[];
  /** A new cluster may be a copy of the template; not with an installation of the user's, which may change. */
  readonly hasTemplate: boolean;
  /** Settings of the project, which win over the stack's own. */
  readonly settings: Readonly<Record<string, string | number>>;
  readonly logger: Logger;
}

/** The environment of PostgreSQL's programs: PG* variables of the user's shell must not affect this server. */
export function postgresEnv(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('PG') && name !== 'LD_PRELOAD',
  );
  return { ...Object.fromEntries(entries), LC_ALL: 'C', TZ: 'UTC' };
}
