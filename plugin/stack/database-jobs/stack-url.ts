/** Names by which projects reach the Supabase CLI's stack from inside its containers. */
const GATEWAY = /^(kong|api\.supabase\.internal|supabase_kong_.*)$/;
const MACHINE = /^(host|gateway)\.docker\.internal$/;
/** The API's port in config.toml of most projects. */
const API_PORTS = ['54321', '8000'];

/**
 * The URL that a request of the database really goes to: hosts that exist in the CLI's containers only mean the stack or
 * this machine here.
 *
 * @param apiUrl origin of the stack's API
 */
export function resolveUrl(url: string, apiUrl: string | undefined): string {
  if (!URL.canParse(url)) return url;
  const target = new URL(url);
  if (MACHINE.test(target.hostname) && !API_PORTS.includes(target.port)) {
    target.hostname = '127.0.0.1';
    return target.href;
  }
  if (apiUrl === undefined || !(GATEWAY.test(target.hostname) || MACHINE.test(target.hostname))) return url;
  return `${new URL(apiUrl).origin}${target.pathname}${target.search}`;
}
