import { addMissingHeaders, type Header, type HttpResponse } from './response.ts';

// PostgREST v16 src/library/PostgREST/Cors.hs
const EXPOSED: Header = [
  'Access-Control-Expose-Headers',
  'Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, Transfer-Encoding, Range-Unit',
];

/**
 * Lets the page that sent the request read the headers that clients need, such as `Content-Range`.
 *
 * Which origins may read the response at all is the gateway's decision: `Access-Control-Allow-Origin` is removed.
 *
 * @param origin the request's `Origin`; undefined when no page sent it
 */
export function exposeHeaders(response: HttpResponse, origin: string | undefined): HttpResponse {
  if (origin === undefined) return response;
  const own = response.headers.filter(([name]) => name.toLowerCase() !== 'access-control-allow-origin');
  return { ...response, headers: addMissingHeaders([EXPOSED], own) };
}
