import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../shared/logger.ts';
import type { SyncResult } from './backend.ts';
import { describeSync } from './describe-sync.ts';

// Editors write in several steps, and git changes many files at once.
const SETTLE_MS = 25;

/** Calls `handle` with all paths of a moment, one call at a time: what is saved during a call is handled after it. */
export function coalesce(handle: (paths: readonly string[]) => Promise<void>): (path: string) => void {
  let waiting: string[] = [];
  let running: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      await delay(SETTLE_MS);
      const paths = waiting;
      waiting = [];
      await handle(paths);
    }
    running = undefined;
  };
  return (path) => {
    waiting.push(path);
    running ??= run();
  };
}

/**
 * Prints what saved SQL files have done to the database.
 *
 * @param paths of the files, with `/`
 * @returns whether they have done something
 */
export function reportSync(result: SyncResult, paths: readonly string[], logger: Logger): boolean {
  const lines = describeSync(result);
  for (const { text, isWarning } of lines) logger[isWarning ? 'warn' : 'info'](text);
  if (lines.length > 0) return true;
  if (paths.some((path) => !/(^|\/)migrations(\/|$)/.test(path))) logger.info(SEED_ONLY);
  return false;
}

const SEED_ONLY =
  'Supabase: roles.sql and seed files run on new data (npx vite-plugin-supabase db reset runs them again), and files of ' +
  'schema_paths where there is no migration';
