import { readVariable, type Environment, type SettingName, type Sourced } from '../shared/environment.ts';
import { SupabaseDevError } from '../shared/errors.ts';
import type { BackendKind } from './backend.ts';

/** How Realtime's WebSocket is reached: past the API gateway, through it, or whichever works. */
export type RealtimeMode = 'auto' | 'direct' | 'gateway';

/** The options about the backend; everything else comes from the environment and config.toml. */
export interface BackendOptions {
  readonly backend?: 'auto' | BackendKind;
  /** URL of a Supabase API gateway. */
  readonly url?: string;
  readonly realtime?: RealtimeMode;
  /** URL of Realtime itself. */
  readonly realtimeUrl?: string;
}

/** The value of a setting: the option, else the first variable that is set; undefined when it is not set. */
export function readSetting(
  name: SettingName,
  env: Environment,
  option?: string,
): Sourced<string> | undefined {
  if (option !== undefined) return { value: option, source: `the option "${name}"` };
  return readVariable(name, env);
}

/**
 * The port of a separate gateway, for apps that this Vite does not serve; undefined when none is wanted.
 *
 * @throws SupabaseDevError OPTION_INVALID
 */
export function readGatewayPort(env: Environment): number | undefined {
  const setting = readVariable('gatewayPort', env);
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
