import { type ComponentType, lazy, type LazyExoticComponent } from 'react';

const PRELOAD_AFTER_MS = 3_000;

/**
 * A component in a separate chunk, which is not part of the first load. It is prefetched shortly afterwards, so
 * that it opens even if the connection is lost by then.
 */
export function lazyScreen<Props>(
  load: () => Promise<{ default: ComponentType<Props> }>,
): LazyExoticComponent<ComponentType<Props>> {
  // A failure is retried when the component is rendered.
  setTimeout(() => void load().catch(() => {}), PRELOAD_AFTER_MS);
  return lazy(load);
}
