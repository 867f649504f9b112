/** Environment variables, of this process or from `.env` files. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Every setting that the environment can give, and its variables: the first that is set wins. This is the only list of
 * these names; docs/configuration.md shows the same table.
 */
export const VARIABLES = {
  backend: ['SUPABASE_BACKEND'],
  url: ['REALTIME_PROXY_KONG_TARGET', 'SUPABASE_URL', 'VITE_SUPABASE_URL', 'NEXT_PUBLIC_SUPABASE_URL'],
  realtime: ['REALTIME_PROXY_MODE'],
  realtimeUrl: ['REALTIME_PROXY_DIRECT_TARGET'],
  gatewayPort: ['REALTIME_PROXY_PORT'],
  publishableKey: [
    'SUPABASE_PUBLISHABLE_KEY',
    'VITE_SUPABASE_PUBLISHABLE_KEY',
    'NEXT_PUBLIC_SUPABASE_PUBLISHABLE_KEY',
    'VITE_SUPABASE_PUBLISHABLE_DEFAULT_KEY',
    'NEXT_PUBLIC_SUPABASE_PUBLISHABLE_DEFAULT_KEY',
  ],
  secretKey: ['SUPABASE_SECRET_KEY'],
  anonKey: ['SUPABASE_ANON_KEY', 'VITE_SUPABASE_ANON_KEY', 'NEXT_PUBLIC_SUPABASE_ANON_KEY'],
  serviceRoleKey: ['SUPABASE_SERVICE_ROLE_KEY'],
  jwtSecret: ['SUPABASE_JWT_SECRET'],
  sendMail: ['SUPABASE_SEND_MAIL'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type SettingName = keyof typeof VARIABLES;

const KEY_NAMES = ['publishableKey', 'secretKey', 'anonKey', 'serviceRoleKey', 'jwtSecret'] as const;

/** The keys of a Supabase that may be set. */
export type KeyName = (typeof KEY_NAMES)[number];

/** Keys by name, of which some may be unknown. */
export type PartialKeys = Partial<Record<KeyName, string>>;

/** A value and where it came from, for messages: `SUPABASE_URL`, `the option "url"`. */
export interface Sourced<T> {
  readonly value: T;
  readonly source: string;
}

/** The first variable of a setting that is set and not blank. */
export function readVariable(name: SettingName, env: Environment): Sourced<string> | undefined {
  return readFirst(VARIABLES[name], env);
}

/** Whether a variable is meant for the page: what it names is the browser's view, not necessarily the server's. */
export function isClientVariable(name: string): boolean {
  return /^(?:VITE_|NEXT_PUBLIC_)/.test(name);
}

/**
 * The keys that the environment gives. A key is sorted by its form, not by its variable: publishable keys are often put
 * into a variable that was once for the anon key.
 *
 * @param variables `server` leaves out the variables for the page: they may hold the keys of the deployed project
 */
export function readKeys(env: Environment, variables: 'all' | 'server'): PartialKeys {
  const keys: PartialKeys = {};
  for (const name of KEY_NAMES) {
    const names: readonly string[] = VARIABLES[name];
    const eligible = variables === 'all' ? names : names.filter((variable) => !isClientVariable(variable));
    const value = readFirst(eligible, env)?.value;
    if (value !== undefined) keys[classifyKey(name, value)] ??= value;
  }
  return keys;
}

function readFirst(names: readonly string[], env: Environment): Sourced<string> | undefined {
  for (const source of names) {
    const value = env[source]?.trim();
    if (value) return { value, source };
  }
  return undefined;
}

function classifyKey(name: KeyName, value: string): KeyName {
  if (value.startsWith('sb_publishable_')) return 'publishableKey';
  if (value.startsWith('sb_secret_')) return 'secretKey';
  if (name === 'publishableKey' && value.startsWith('eyJ')) return 'anonKey';
  if (name === 'secretKey' && value.startsWith('eyJ')) return 'serviceRoleKey';
  return name;
}
