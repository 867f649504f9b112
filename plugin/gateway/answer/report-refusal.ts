import type { Observations } from '../../shared/observations.ts';
import type { GatewayRequest } from '../caller/caller.ts';
import type { GatewayRefusal } from '../refusal.ts';

/** Reports a refusal of the gateway itself to those who explain it. */
export function reportRefusal(
  observations: Observations | undefined,
  req: GatewayRequest,
  transport: 'http' | 'websocket',
  { status, body }: GatewayRefusal,
): void {
  if (!observations?.isActive) return;
  const { code = String(status), message = '', hint } = body;
  const { method = 'GET', url = '/', headers } = req;
  const { origin } = headers;
  observations.emit({
    kind: 'gateway',
    request: req,
    transport,
    method,
    path: url,
    status,
    code,
    message,
    hint,
    origin,
  });
}
