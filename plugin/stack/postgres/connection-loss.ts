import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { errorMessage } from '../../shared/errors.ts';

const FIRST_WAIT_MS = 20;
const LONGEST_WAIT_MS = 500;

// SQLSTATE classes: connection exception, transaction rollback, insufficient resources, operator intervention.
const LOST = /^(?:08|40|53|57)/;
const UNREACHABLE = /^(?:ECONN|EPIPE|ENOENT|ETIMEDOUT|EAI_)/;
// pg's errors of a connection that ended have no code.
const ENDED =
  /^(?:Connection terminated|Client (?:has encountered a connection error|was closed)|timeout exceeded)/;

/**
 * Whether an error says nothing about the statement: its connection or the server ended, was cancelled or could not be
 * reached. The same statement may succeed the next time.
 */
export function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (error instanceof pg.DatabaseError) return LOST.test(code);
  // All addresses of a host failed.
  if (error instanceof AggregateError) return error.errors.every(isConnectionLoss);
  return UNREACHABLE.test(code) || ENDED.test(errorMessage(error));
}

/**
 * Runs a task, again as long as it loses its connection.
 *
 * @param task has had no effect when it fails
 * @param timeoutMs after which the loss is final; the default is for a connection that was ended, which is replaced at once
 * @param signal ends the repetition with the task's last error
 */
export async function repeatWhenLost<T>(
  task: () => Promise<T>,
  { timeoutMs = 1_000, signal }: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    try {
      return await task();
    } catch (error) {
      if (!isConnectionLoss(error) || performance.now() + wait > end || signal?.aborted) throw error;
    }
    await delay(wait, undefined, { ref: false, ...(signal && { signal }) }).catch(() => {});
  }
}
