import { SessionTokenVerifier } from './caller/access-token.ts';
import type { CredentialRules } from './caller/credentials.ts';
import type { GatewayTarget, Upstream } from './target.ts';

/** A target, the promise of one, or a function that is called for each request. */
export type TargetSource =
  | GatewayTarget
  | Promise<GatewayTarget>
  | (() => GatewayTarget | Promise<GatewayTarget>);

/** Remembers a resolved target, so that later requests need not wait for a promise. */
export function cacheTarget(target: TargetSource): () => GatewayTarget | Promise<GatewayTarget> {
  if (typeof target === 'function') return target;
  let current = target;
  if (target instanceof Promise) {
    target.then(
      (ready) => (current = ready),
      // Each request that waits for the target answers the failure itself.
      () => {},
    );
  }
  return () => current;
}

/** Rules for the keys of a target; the verifier keeps its cache as long as the keys stay the same. */
export function cacheRules(
  requireKey: boolean,
): (target: GatewayTarget, upstream?: Upstream) => CredentialRules {
  const verifiers = new WeakMap<GatewayTarget['keys'], SessionTokenVerifier>();
  return ({ keys, knowsSession }, upstream) => {
    let sessionTokens = verifiers.get(keys);
    if (!sessionTokens) verifiers.set(keys, (sessionTokens = new SessionTokenVerifier(keys, knowsSession)));
    const leaveUnknownKeys = upstream?.kind === 'url' && upstream.speaks === 'gateway';
    return { keys, sessionTokens, requireKey, leaveUnknownKeys };
  };
}
