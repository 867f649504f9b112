import type { TestProject } from 'vitest/node';
import { openStack } from '../open-stack.ts';
import type { StackOptions } from '../stack-options.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Data directory of the run's stack. */
    supabaseDataDir: string;
  }
}

/**
 * A global set-up that runs one stack, with throw-away data, for all test files.
 *
 * @param options as of `startStack`
 * @throws SupabaseDevError
 */
export function createGlobalSetup(
  options: StackOptions = {},
): (project: TestProject) => Promise<() => Promise<void>> {
  return async (project) => {
    const { stack } = await openStack({
      root: project.config.root,
      port: 0,
      dbPort: 0,
      ephemeral: true,
      ...options,
    });
    project.provide('supabaseDataDir', stack.dataDir);
    // The first fork takes longest: it is made while Vitest starts its workers.
    void stack
      .fork()
      .then((fork) => fork.close())
      .catch(() => {});
    return () => stack.stop();
  };
}

export default createGlobalSetup();
