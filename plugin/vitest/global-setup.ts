import type { TestProject } from 'vitest/node';
import { openStack } from '../open-stack.ts';
import { SupabaseDevError } from '../shared/errors.ts';
import { findSupabaseRoot } from '../stack/project.ts';
import type { StackOptions } from '../stack-options.ts';
import { explainError } from '../testing/explain-error.ts';

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
 * @throws Error with message, place and remedy as text
 */
export function createGlobalSetup(
  options: StackOptions = {},
): (project: TestProject) => Promise<() => Promise<void>> {
  return async (project) => {
    const { stack } = await open(project.config.root, options).catch((error: unknown) => {
      throw explainError(error);
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

async function open(from: string, options: StackOptions): ReturnType<typeof openStack> {
  const root = options.root ?? (await findSupabaseRoot(from));
  if (root === undefined)
    throw new SupabaseDevError('OPTION_INVALID', `There is no folder supabase/ in ${from} or above it`, {
      hint: 'Create supabase/migrations/, or name the folder that holds supabase/: createGlobalSetup({ root }).',
    });
  return openStack({ port: 0, dbPort: 0, ephemeral: true, ...options, root });
}

export default createGlobalSetup();
