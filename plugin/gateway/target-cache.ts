import { createTokenJudge, type TokenJudge } from './caller/access-token.ts';
import type { CredentialRules } from './caller/credentials.ts';
import type { GatewayTarget, Upstream } from './target.ts';

/** A target that is there, that is coming, or that is looked up each time. */
export type TargetSource =
  | GatewayTarget
  | Promise<GatewayTarget>
  | (() => GatewayTarget | Promise<GatewayTarget>);

/** Remembers a resolved target, so that all later requests go on in the same turn. */
export function cacheTarget(target: TargetSource): () => GatewayTarget | Promise<GatewayTarget> {
  if (typeof target === 'function') return target;
  let current = target;
  if (target instanceof Promise) {
    target.then(
      (ready) => (current = ready),
      // Each request that waits for it answers the failure itself.
      () => {},
    );
  }
  return () => current;
}

/** Rules for the keys of a target; the judge keeps its cache as long as the keys stay the same. */
export function cacheRules(
  requireKey: boolean,
): (target: GatewayTarget, upstream?: Upstream) => CredentialRules {
  const judges = new WeakMap<GatewayTarget['keys'], TokenJudge>();
  return ({ keys }, upstream) => {
    let judge = judges.get(keys);
    if (!judge) judges.set(keys, (judge = createTokenJudge(keys)));
    const leaveUnknownKeys = upstream?.kind === 'url' && upstream.speaks === 'gateway';
    return { keys, judge, requireKey, leaveUnknownKeys };
  };
}
