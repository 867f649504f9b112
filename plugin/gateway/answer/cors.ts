import type { GatewayCaller, GatewayRequest } from '../caller/caller.ts';
import { CONNECTION_HEADERS } from '../../shared/connection-headers.ts';
import { isHttp2, type GatewayResponse } from './respond.ts';

// CORS belongs to the gateway alone: services and upstreams only name the headers that they expose.

/** Whether this is a browser's question before a cross-origin request. Other OPTIONS requests belong to the services. */
export function isPreflight(req: GatewayRequest): boolean {
  return (
    req.method === 'OPTIONS' &&
    req.headers.origin !== undefined &&
    req.headers['access-control-request-method'] !== undefined
  );
}

/** Answers a preflight as the `cors` plugin of the CLI's Kong does; pages of foreign origins are granted nothing. */
export function answerPreflight(req: GatewayRequest, res: GatewayResponse, caller: GatewayCaller): void {
  allowOrigin(res, caller);
  if (mayRead(caller)) {
    res.setHeader('access-control-allow-methods', 'GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS,TRACE,CONNECT');
    const requested = req.headers['access-control-request-headers'];
    if (requested !== undefined) res.setHeader('access-control-allow-headers', requested);
  }
  res.setHeader('vary', 'Access-Control-Request-Headers');
  res.statusCode = 200;
  if (!isHttp2(res)) res.setHeader('content-length', 0);
  res.end();
}

/** Sets the header that lets the calling page read the answer, if it may. */
export function allowOrigin(res: GatewayResponse, caller: GatewayCaller): void {
  if (mayRead(caller)) res.setHeader('access-control-allow-origin', '*');
}

/**
 * Whether the calling page may read the answer.
 *
 * Kong answers `*` to every page. Here pages of this machine, its network and of allowed hosts get that; a website
 * that somebody visits while the dev server runs does not, because it can know the port and the well-known local keys.
 */
export function mayRead(caller: GatewayCaller): boolean {
  return caller.origin !== 'foreign';
}

/** Whether a response header (lower case) grants something to a page of another origin. */
export function isCorsGrant(name: string): boolean {
  return name.startsWith('access-control-allow-');
}

/**
 * Makes the response keep the grants that it has now, whatever a service sets later with `setHeader` or `writeHead`; on
 * HTTP/2 it also drops headers for the connection, with which Node's `writeHead` throws.
 *
 * `writeHead` is the one point that all headers pass, also those that Node writes implicitly at the first byte. What is
 * set now is the gateway's own grant, or that of a `server.cors` which the developer configured in Vite.
 */
export function lockHeaders(res: GatewayResponse): void {
  const isDropped = isHttp2(res)
    ? (name: string): boolean => isCorsGrant(name) || CONNECTION_HEADERS.has(name)
    : isCorsGrant;
  const granted = new Map(
    res
      .getHeaderNames()
      .filter(isCorsGrant)
      .map((name) => [name, res.getHeader(name)]),
  );
  const writeHead = res.writeHead.bind(res) as (status: number, ...rest: unknown[]) => GatewayResponse;
  const lockedWriteHead = (status: number, ...rest: unknown[]): GatewayResponse => {
    for (const name of res.getHeaderNames()) {
      if (isDropped(name) && !granted.has(name)) res.removeHeader(name);
    }
    for (const [name, value] of granted) if (value !== undefined) res.setHeader(name, value);
    return writeHead(status, ...rest.map((argument) => withoutHeaders(argument, isDropped)));
  };
  res.writeHead = lockedWriteHead as never;
}

/** The argument of `writeHead` without some headers: an object, or an array of alternating names and values or of pairs. */
function withoutHeaders(argument: unknown, isDropped: (lowerName: string) => boolean): unknown {
  if (typeof argument !== 'object' || argument === null) return argument;
  const isKept = (name: unknown): boolean => !isDropped(String(name).toLowerCase());
  if (!Array.isArray(argument)) {
    if (Object.keys(argument).every(isKept)) return argument;
    return Object.fromEntries(Object.entries(argument).filter(([name]) => isKept(name)));
  }
  const headers: readonly unknown[] = argument;
  if (Array.isArray(headers[0])) return (headers as readonly unknown[][]).filter(([name]) => isKept(name));
  return headers.filter((_, at) => isKept(headers[at - (at % 2)]));
}
