import type { GatewayTarget, HandlerUpstream, UpstreamName } from '../gateway/target.ts';
import type { Backend } from './backend.ts';

/** A backend with one more service of this process behind its gateways. */
export function withUpstream(backend: Backend, name: UpstreamName, upstream: HandlerUpstream): Backend {
  const extended = new WeakMap<GatewayTarget, GatewayTarget>();
  // For each request: the same object as long as the backend's target is the same.
  const extend = (target: GatewayTarget): GatewayTarget => {
    let known = extended.get(target);
    if (!known) {
      known = { ...target, upstreams: { ...target.upstreams, [name]: upstream } };
      extended.set(target, known);
    }
    return known;
  };
  return {
    ...backend,
    target() {
      const target = backend.target();
      return target instanceof Promise ? target.then(extend) : extend(target);
    },
  };
}
