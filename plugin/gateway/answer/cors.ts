import type { Caller, GatewayRequest } from '../caller/caller.ts';
import { isHttp2, type GatewayResponse } from './respond.ts';

/** A browser asks before a cross-origin request. Other OPTIONS requests belong to the services. */
export function isPreflight(req: GatewayRequest): boolean {
  return (
    req.method === 'OPTIONS' &&
    req.headers.origin !== undefined &&
    req.headers['access-control-request-method'] !== undefined
  );
}

/** Answers a preflight as the `cors` plugin of the CLI's Kong does, with nothing granted to a foreign page. */
export function answerPreflight(req: GatewayRequest, res: GatewayResponse, caller: Caller): void {
  grantReading(res, caller);
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

/** Sets the header that lets the page that asks read the answer, if it may. */
export function grantReading(res: GatewayResponse, caller: Caller): void {
  if (mayRead(caller)) res.setHeader('access-control-allow-origin', '*');
}

/**
 * Whether the page that asks may read the answer.
 *
 * Kong says `*` to everybody. Here pages of this machine, its network and of allowed hosts get that; a website
 * that somebody visits while the dev server runs does not, for it knows the port and the well-known local keys.
 */
export function mayRead(caller: Caller): boolean {
  return caller.origin !== 'foreign';
}
