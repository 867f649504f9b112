import type { Observations } from '../../shared/observations.ts';
import type { GatewayRequest } from '../caller/caller.ts';
import { keepBody } from './keep-body.ts';
import type { GatewayResponse } from './respond.ts';

interface Forwarded {
  readonly at: number;
  readonly authorization: string | undefined;
}

const forwarded = new WeakMap<object, Forwarded>();

/** Reports a request when it has been answered. What the client sent is kept: the request changes on its way. */
export function recordRequest(observations: Observations, req: GatewayRequest, res: GatewayResponse): void {
  const { method = 'GET', url = '/', headers } = req;
  const at = Date.now();
  const started = performance.now();
  const readBody = observations.keepsBodies ? keepBody(req) : undefined;
  res.once('close', () => {
    const service = forwarded.get(req);
    observations.emit({
      kind: 'request',
      request: req,
      method,
      url,
      status: res.statusCode,
      at,
      milliseconds: performance.now() - started,
      gatewayMilliseconds: service && service.at - started,
      headers,
      authorization: service?.authorization,
      body: readBody?.(),
    });
  });
}

/** Notes that a service receives the request now, with these credentials. */
export function markForwarded(req: GatewayRequest, authorization: string | undefined): void {
  forwarded.set(req, { at: performance.now(), authorization });
}
