import { inject } from 'vitest';
import { SupabaseDevError } from '../shared/errors.ts';
import { findOwner } from '../stack/ownership/claim.ts';
import type { Fork } from '../start-stack.ts';
import { explainError } from '../testing/explain-error.ts';

/**
 * A fork of the run's stack.
 *
 * @throws Error without the global set-up, or when a migration fails, with the remedy as text
 */
export async function takeFork(): Promise<Fork> {
  return askForFork().catch((error: unknown) => {
    throw explainError(error);
  });
}

async function askForFork(): Promise<Fork> {
  const dataDir = inject('supabaseDataDir') as string | undefined;
  const owner = dataDir === undefined ? undefined : await findOwner(dataDir);
  if (!owner)
    throw new SupabaseDevError('STACK_NOT_RUNNING', 'The stack of this test run is missing', {
      hint: "Add 'vite-plugin-supabase/vitest/global-setup' to test.globalSetup in vitest.config.",
    });
  const fork = (await owner.request('fork')) as { id: string; url: string; dbUrl: string };
  const { id, url } = fork;
  const { publishableKey, secretKey, anonKey, serviceRoleKey, jwtSecret } = owner.record;
  const stop = async (): Promise<void> => {
    await owner.request('fork stop', { id }).finally(() => owner.leave());
  };
  return {
    url,
    get dbUrl() {
      return fork.dbUrl;
    },
    publishableKey,
    secretKey,
    anonKey,
    serviceRoleKey,
    jwtSecret,
    async reset() {
      Object.assign(fork, await owner.request('fork reset', { id }));
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

const FORK_OF_FILE = Symbol.for('vite-plugin-supabase.fork-of-file');
const shared = globalThis as { [FORK_OF_FILE]?: Fork };

/** The fork that `setup.ts` took for the test file that runs. */
export function forkOfFile(): Fork | undefined {
  return shared[FORK_OF_FILE];
}

export function setForkOfFile(fork: Fork | undefined): void {
  shared[FORK_OF_FILE] = fork;
}
