import type { Header, HttpResponse } from '../http/response.ts';
import { POSTGREST_VERSION } from './version.ts';

// PostgREST v16 src/library/PostgREST/App.hs

const VARY: Header = ['Vary', 'Accept, Prefer, Range'];

/** Names the request headers that the response depends on, unless a function has done so, and warns of deprecated forms. */
export function withVary(
  response: HttpResponse,
  deprecated: readonly { readonly name: string; readonly alias: string }[] = [],
): HttpResponse {
  const headers = [...response.headers];
  if (deprecated.length > 0) headers.push(deprecationWarning(deprecated));
  if (!headers.some(([name]) => name.toLowerCase() === 'vary')) headers.push(VARY);
  return { ...response, headers };
}

/** Keeps what earlier middleware has named, such as the origin: a header of the response replaces one that is set. */
export function withEarlierVary(
  response: HttpResponse,
  earlier: number | string | string[] | undefined,
): HttpResponse {
  if (earlier === undefined) return response;
  const headers = response.headers.map((header): Header =>
    header[0].toLowerCase() === 'vary' ? ['Vary', `${header[1]}, ${String(earlier)}`] : header,
  );
  return { ...response, headers };
}

function deprecationWarning(names: readonly { readonly name: string; readonly alias: string }[]): Header {
  const updates = names.map(({ name, alias }) => `\`${name}\` to \`${alias}\``).join(', ');
  const text =
    'Embedded resource was referenced by relation name even though it has an alias. This is deprecated and will stop ' +
    `working in a future release. Update ${updates} in query string filters, orders or limits.`;
  return ['Warning', `299 PostgRESTv${POSTGREST_VERSION} "${text}"`];
}
