import { gatewayError } from '../errors.ts';
import type { GatewayRefusal } from '../refusal.ts';
import { findPathFault } from '../routes.ts';
import { identifyCaller, type GatewayCaller, type GatewayRequest } from './caller.ts';
import { createGatewaySecretCheck } from './gateway-secret.ts';
import type { HostRules } from './hosts.ts';
import { LoopGuard } from './loop-guard.ts';

/** What every request must pass before its route matters, the same for HTTP and for upgrades. */
export class Admission {
  readonly #loops = new LoopGuard();
  readonly #hosts: HostRules;
  readonly #hasGatewaySecret: ReturnType<typeof createGatewaySecretCheck>;

  constructor(hosts: HostRules, gatewaySecret: string | undefined) {
    this.#hosts = hosts;
    this.#hasGatewaySecret = createGatewaySecretCheck(gatewaySecret);
  }

  /** Who is calling, or why the request is refused. */
  admit(req: GatewayRequest): { caller: GatewayCaller } | { refusal: GatewayRefusal } {
    const fault = findPathFault(req.url ?? '');
    if (fault !== undefined) return { refusal: gatewayError('INVALID_PATH', { message: fault }) };
    if (this.#loops.isLoop(req.headers)) return { refusal: gatewayError('LOOP') };
    const caller = identifyCaller(req, this.#hosts, this.#hasGatewaySecret(req.headers));
    return caller ? { caller } : { refusal: gatewayError('HOST_NOT_ALLOWED') };
  }

  /** The Via header of an admitted request for an upstream. */
  via(req: GatewayRequest): string {
    return this.#loops.via(req.headers);
  }
}
