import { SupabaseDevError } from '../shared/errors.ts';
import type { SupabaseConfig } from '../stack/config/config.ts';
import type { BackendKind } from './backend.ts';

/** How Realtime's WebSocket is reached: past the API gateway, through it, or whichever works. */
export type RealtimeMode = 'auto' | 'direct' | 'gateway';

/** What a user may set about the backend; everything else comes from the table below. */
export interface BackendOptions {
  readonly backend?: 'auto' | BackendKind;
  /** URL of a Supabase API gateway. */
  readonly url?: string;
  readonly realtime?: RealtimeMode;
  /** URL of Realtime itself. */
  readonly realtimeUrl?: string;
}

export type SettingName = 'backend' | 'url' | 'realtime' | 'realtimeUrl' | 'gatewayPort' | KeyName;

/** The keys of a Supabase that may be set. */
export type KeyName = 'publishableKey' | 'anonKey' | 'secretKey' | 'serviceRoleKey' | 'jwtSecret';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Every setting of a backend and where it may come from, in order: option, environment (first name that is set),
 * config.toml, default. docs/configuration.md shows the same table.
 */
export const SETTINGS: Readonly<Record<SettingName, SettingSource>> = {
  backend: { env: ['SUPABASE_BACKEND'], config: undefined },
  url: {
    env: ['REALTIME_PROXY_KONG_TARGET', 'SUPABASE_URL', 'VITE_SUPABASE_URL', 'NEXT_PUBLIC_SUPABASE_URL'],
    config: undefined,
  },
  realtime: { env: ['REALTIME_PROXY_MODE'], config: undefined },
  realtimeUrl: { env: ['REALTIME_PROXY_DIRECT_TARGET'], config: undefined },
  gatewayPort: { env: ['REALTIME_PROXY_PORT'], config: undefined },
  publishableKey: {
    env: [
      'SUPABASE_PUBLISHABLE_KEY',
      'VITE_SUPABASE_PUBLISHABLE_KEY',
      'NEXT_PUBLIC_SUPABASE_PUBLISHABLE_KEY',
      'VITE_SUPABASE_PUBLISHABLE_DEFAULT_KEY',
      'NEXT_PUBLIC_SUPABASE_PUBLISHABLE_DEFAULT_KEY',
    ],
    config: 'publishable_key',
  },
  anonKey: {
    env: ['SUPABASE_ANON_KEY', 'VITE_SUPABASE_ANON_KEY', 'NEXT_PUBLIC_SUPABASE_ANON_KEY'],
    config: 'anon_key',
  },
  secretKey: { env: ['SUPABASE_SECRET_KEY'], config: 'secret_key' },
  serviceRoleKey: { env: ['SUPABASE_SERVICE_ROLE_KEY'], config: 'service_role_key' },
  jwtSecret: { env: ['SUPABASE_JWT_SECRET'], config: 'jwt_secret' },
};

export interface SettingSource {
  readonly env: readonly string[];
  /** Key in `[auth]` of config.toml. */
  readonly config: string | undefined;
}

/** A value and the words for where it came from: `SUPABASE_URL`, `the option "url"`, `supabase/config.toml`. */
export interface Sourced<T> {
  readonly value: T;
  readonly source: string;
}

/** The first environment variable of a setting that is set and not empty. */
export function readEnvironment(name: SettingName, env: Environment): Sourced<string> | undefined {
  for (const variable of SETTINGS[name].env) {
    const value = env[variable]?.trim();
    if (value) return { value, source: variable };
  }
  return undefined;
}

/** A setting's value by the order of the table; undefined when nobody set it. */
export function readSetting(
  name: SettingName,
  env: Environment,
  option?: string,
  config?: SupabaseConfig,
): Sourced<string> | undefined {
  if (option !== undefined) return { value: option, source: `the option "${name}"` };
  const fromEnv = readEnvironment(name, env);
  if (fromEnv) return fromEnv;
  const key = SETTINGS[name].config;
  const value = key === undefined ? undefined : config?.section('auth').string(key);
  return value ? { value, source: 'supabase/config.toml' } : undefined;
}

/**
 * The port of a gateway of its own, for apps that are not this Vite's; undefined: none is wanted.
 *
 * @throws SupabaseDevError OPTION_INVALID
 */
export function readGatewayPort(env: Environment): number | undefined {
  const setting = readEnvironment('gatewayPort', env);
  if (!setting) return undefined;
  const port = Number(setting.value);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw invalid(setting, 'a port number from 1 to 65535');
}

/** @throws SupabaseDevError OPTION_INVALID */
export function parseChoice<T extends string>(setting: Sourced<string>, choices: readonly T[]): T {
  const choice = choices.find((one) => one === setting.value);
  if (choice !== undefined) return choice;
  throw invalid(setting, choices.map((one) => `"${one}"`).join(', '));
}

/** @throws SupabaseDevError OPTION_INVALID */
export function parseHttpUrl(setting: Sourced<string>): URL {
  const url = URL.canParse(setting.value) ? new URL(setting.value) : undefined;
  // People copy WebSocket URLs as well; the server is the same.
  if (url?.protocol === 'ws:') url.protocol = 'http:';
  if (url?.protocol === 'wss:') url.protocol = 'https:';
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw invalid(setting, 'a URL such as http://127.0.0.1:54321');
}

function invalid({ source, value }: Sourced<string>, expected: string): SupabaseDevError {
  return new SupabaseDevError('OPTION_INVALID', `${source} must be ${expected}, not "${value}"`);
}
