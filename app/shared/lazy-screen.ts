import { type ComponentType, lazy, type LazyExoticComponent } from 'react';

const PRELOAD_AFTER_MS = 3_000;

/**
 * A component in a file of its own, which the first load of the page does without. It is fetched a little later, so that
 * it is there even if the connection is not when it is wanted.
 */
export function lazyScreen<Props>(
  load: () => Promise<{ default: ComponentType<Props> }>,
): LazyExoticComponent<ComponentType<Props>> {
  // What fails here is tried again when it is wanted.
  setTimeout(() => void load().catch(() => {}), PRELOAD_AFTER_MS);
  return lazy(load);
}
