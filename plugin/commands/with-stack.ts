import { resolve } from 'node:path';
import type { AskStack } from '../backend/shortcuts.ts';
import { SupabaseDevError } from '../shared/errors.ts';
import { findOwner } from '../stack/ownership/claim.ts';
import type { StackRecord } from '../stack/ownership/record.ts';
import { defaultDataDir } from '../stack/project.ts';
import { withProgress } from './progress.ts';
import { logger, print, rootOf, text, type Call } from './command.ts';

/** The stack of a project, as commands use it. */
export interface ReachedStack {
  readonly record: Omit<StackRecord, 'gatewaySecret'>;
  request(...args: Parameters<AskStack>): ReturnType<AskStack>;
}

/** Uses the running stack of the project, whichever process runs it; without one, a stack that ends afterwards. */
export async function withStack(call: Call, use: (stack: ReachedStack) => Promise<void>): Promise<void> {
  const root = await rootOf(call);
  const dataDir = await dataDirOf(call, root);
  const owner = await findOwner(dataDir);
  if (owner) {
    try {
      await use(withProgressOf(owner));
    } finally {
      owner.leave();
    }
    return;
  }
  // Loaded only when needed: a command that another process executes starts fast.
  const { openStack } = await import('../open-stack.ts');
  print('No stack of this project runs: starting one for this command');
  const opening = openStack({ root, dataDir, port: 0, dbPort: 0, logger });
  const { stack } = await withProgress('Starting the stack', opening);
  try {
    await use(withProgressOf(stack));
  } finally {
    await stack.stop();
  }
}

function withProgressOf(stack: ReachedStack): ReachedStack {
  return {
    record: stack.record,
    request: (command, args) => withProgress(command, stack.request(command, args)),
  };
}

/** @throws SupabaseDevError STACK_NOT_RUNNING */
export async function withRunningStack<T>(
  call: Call,
  use: (stack: ReachedStack & { readonly record: StackRecord; readonly ended: Promise<void> }) => Promise<T>,
): Promise<T> {
  const dataDir = await dataDirOf(call, await rootOf(call));
  const owner = await findOwner(dataDir);
  if (!owner)
    throw new SupabaseDevError('STACK_NOT_RUNNING', `No process runs the stack of ${dataDir}`, {
      hint: 'Start the dev server, or: vite-plugin-supabase start.',
    });
  try {
    return await use(owner);
  } finally {
    owner.leave();
  }
}

/** Absolute path of the project's data. */
export async function dataDirOf(call: Call, root: string): Promise<string> {
  const given = text(call, 'data-dir');
  return given === undefined ? defaultDataDir(root) : resolve(given);
}
