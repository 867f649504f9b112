import type { GatewayRefusal } from '../refusal.ts';
import type { GatewayKeys } from '../target.ts';
import { readQueryKey } from './query-key.ts';

/** Paths without a key: our own, and as on hosted Supabase links in mails, providers' redirects, public files, functions. */
const OPEN_PATHS =
  /^\/(?:auth\/v1\/(?:verify|callback|authorize|sso\/saml|\.well-known)|\.well-known|__supabase|functions\/v1|storage\/v1\/(?:s3|(?:object|render\/image)\/(?:public|sign)))(?:[/?]|$)/;

/**
 * Requires an API key, and refuses as hosted Supabase does; a caller with its own token needs no key.
 *
 * @param url the request target
 * @param token of the Authorization header
 */
export function requireApiKey(
  url: string,
  apikey: string | undefined,
  token: string | undefined,
  keys: GatewayKeys,
): GatewayRefusal | undefined {
  if (OPEN_PATHS.test(url)) return undefined;
  const key = apikey ?? readQueryKey(url) ?? token;
  if (key === undefined) return NO_API_KEY;
  const known = [keys.publishableKey, keys.secretKey, keys.anonKey, keys.serviceRoleKey];
  if (known.includes(key) || (apikey === undefined && key === token)) return undefined;
  return INVALID_API_KEY;
}

const NO_API_KEY: GatewayRefusal = {
  status: 401,
  body: {
    message: 'No API key found in request',
    hint: 'No `apikey` request header or url param was found.',
  },
};
const INVALID_API_KEY: GatewayRefusal = {
  status: 401,
  body: {
    message: 'Invalid API key',
    hint: 'Double check your Supabase `anon` or `service_role` API key.',
  },
};
