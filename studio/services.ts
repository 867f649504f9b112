import { read, useLoad, type HomeState, type Loaded } from './api.ts';

/** What a service answered. */
export interface ServiceAnswer {
  readonly value: unknown;
  readonly headers: Headers;
}

/**
 * Asks a service as the app's server would, with the service_role key, which the gateway accepts from Studio's pages.
 *
 * @param path with the gateway's prefix, such as `/auth/v1/admin/users`
 * @param body JSON; a `Blob` is sent as it is
 * @throws Error with the service's own message
 */
export async function askService(
  path: string,
  {
    method = 'GET',
    body,
    headers = {},
  }: { method?: string; body?: unknown; headers?: Readonly<Record<string, string>> } = {},
): Promise<ServiceAnswer> {
  const key = await serviceKey();
  const isBlob = body instanceof Blob;
  const response = await fetch(path, {
    method,
    headers: {
      apikey: key,
      authorization: `Bearer ${key}`,
      ...(body !== undefined && !isBlob && { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined ? null : isBlob ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const value = parse(text);
  if (!response.ok) throw new Error(messageOf(value) ?? `${path} answered ${response.status}`);
  return { value, headers: response.headers };
}

/** Asks a service when the component is shown, and again on `reload`. */
export function useService<T>(path: string): Loaded<T> {
  return useLoad<T>(askForValue, path);
}

async function askForValue(path: string): Promise<unknown> {
  return (await askService(path)).value;
}

let keys: Promise<HomeState['keys']> | undefined;

async function serviceKey(): Promise<string> {
  keys ??= read<HomeState>('home').then(
    (home) => home.keys,
    (error: unknown) => {
      keys = undefined;
      throw error;
    },
  );
  const key = (await keys)?.serviceRoleKey;
  if (key === undefined)
    throw new Error('The service_role key of this backend is not known: set SUPABASE_SERVICE_ROLE_KEY');
  return key;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Auth says `msg`, Storage `message`. */
function messageOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { msg, message, error } = value as Readonly<Record<string, unknown>>;
  return [msg, message, error].find((text): text is string => typeof text === 'string');
}
