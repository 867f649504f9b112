import type { IncomingHttpHeaders } from 'node:http';

const METHODS = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);
const REQUEST_HEADERS = new Set([
  'accept',
  'authorization',
  'content-type',
  'origin',
  'x-client-ip',
  'x-client-info',
  'x-jwt-aud',
  'x-use-cookie',
  'x-supabase-api-version',
]);

/** Headers of every answer that is not one to a preflight. */
export function corsHeaders(method: string, origin: string | undefined): Record<string, string> {
  if (origin === undefined || !(METHODS.has(method) || method === 'OPTIONS')) return { Vary: 'Origin' };
  return {
    Vary: 'Origin',
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Credentials': 'true',
    'Access-Control-Expose-Headers': 'X-Total-Count, Link, X-Supabase-Api-Version',
  };
}

export function isPreflight(method: string, headers: IncomingHttpHeaders): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}

/** Headers of the answer to a preflight; one that asks for more than is allowed gets no permission at all. */
export function preflightHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const vary = { Vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers' };
  const method = String(headers['access-control-request-method']).toUpperCase();
  const asked = headers['access-control-request-headers'] ?? '';
  const names = asked.split(',').map((name) => name.trim().toLowerCase());
  const allowed = METHODS.has(method) && names.every((name) => name === '' || REQUEST_HEADERS.has(name));
  if (headers.origin === undefined || !allowed) return vary;
  return {
    ...vary,
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Methods': method,
    'Access-Control-Allow-Credentials': 'true',
    ...(asked === '' ? {} : { 'Access-Control-Allow-Headers': asked }),
  };
}
