/** Names of the Supabase CLI's API gateway inside its containers. */
const GATEWAY = /^(kong|api\.supabase\.internal|supabase_kong_.*)$/;
/** Names of the machine inside containers. */
const MACHINE = /^(host|gateway)\.docker\.internal$/;
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])$/;

/** Where the API is, and where config.toml puts it. */
export interface ApiPlace {
  /** Its real origin. */
  readonly apiUrl: string;
  /** `[api] port`, by which projects name it; another one is used where that is taken. */
  readonly apiPort: number;
}

/**
 * The URL that a request of the stack (a database webhook, an auth hook, a function) really goes to: hosts that exist
 * only in the CLI's containers mean the stack or this machine here.
 */
export function resolveUrl(url: string, { apiUrl, apiPort }: ApiPlace): string {
  if (!URL.canParse(url)) return url;
  const target = new URL(url);
  const isMachine = MACHINE.test(target.hostname);
  const isApiPort = Number(target.port) === apiPort && (isMachine || LOOPBACK.test(target.hostname));
  if (GATEWAY.test(target.hostname) || isApiPort)
    return `${new URL(apiUrl).origin}${target.pathname}${target.search}`;
  if (!isMachine) return url;
  target.hostname = '127.0.0.1';
  return target.href;
}
