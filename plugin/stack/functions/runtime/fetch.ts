import { resolveUrl, type ApiPlace } from '../../stack-url.ts';

/** Lets a function reach the stack and this machine by their names in the CLI's container, for which it may be written. */
export function installFetch(api: ApiPlace): void {
  const { fetch } = globalThis;
  globalThis.fetch = (input, init) => fetch(redirect(input, api), init);
}

function redirect(input: Parameters<typeof fetch>[0], api: ApiPlace): Parameters<typeof fetch>[0] {
  const url = input instanceof Request ? input.url : String(input);
  const resolved = resolveUrl(url, api);
  if (resolved === url) return input;
  return input instanceof Request ? new Request(resolved, input) : resolved;
}
