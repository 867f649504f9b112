import { Deno } from './deno-namespace.ts';

/**
 * Defines `EdgeRuntime.waitUntil`.
 *
 * @returns ends the process once the background work is done: tells the function why (the event `beforeunload`, whose
 *   `detail.reason` is edge-runtime's), waits for what it gave to `waitUntil`, and exits
 */
export function installEdgeRuntime(): (reason: string) => Promise<void> {
  const background = new Set<Promise<unknown>>();
  const waitUntil = <T>(promise: Promise<T>): Promise<T> => {
    const tracked = Promise.resolve(promise);
    background.add(tracked);
    tracked.catch((error: unknown) => console.error(error)).finally(() => background.delete(tracked));
    return promise;
  };
  Object.defineProperty(globalThis, 'EdgeRuntime', { value: { waitUntil }, configurable: true });
  return async (reason) => {
    dispatchEvent(new CustomEvent('beforeunload', { cancelable: true, detail: { reason } }));
    while (background.size > 0) await Promise.allSettled(background);
    Deno.exit(0);
  };
}

declare function dispatchEvent(event: Event): boolean;
