import { fileURLToPath } from 'node:url';
import type { Logger } from '../shared/logger.ts';

// The folder of this package's code, in the repository and in the package.
const CODE = new URL('../', import.meta.url);

const loggers = new Set<Logger>();
const reported = new Set<string>();

/**
 * Keeps the process alive when an error of our code was caught nowhere, and reports it, once per kind. It must not be
 * needed: the fuzzers in test/stack/fuzz fail when an error arrives here. Any other uncaught error ends the process as it
 * would without this.
 *
 * @returns a function that ends it
 */
export function spreadLastNet(logger: Logger): () => void {
  if (loggers.size === 0) process.on('uncaughtException', onUncaught);
  loggers.add(logger);
  return () => {
    if (loggers.delete(logger) && loggers.size === 0) process.off('uncaughtException', onUncaught);
  };
}

/** Node passes unhandled rejections as well. */
function onUncaught(error: unknown): void {
  if (!isOurs(error)) {
    // Other listeners decide about it; without one, Node ends the process when the error is thrown again without ours.
    if (process.listenerCount('uncaughtException') > 1) return;
    process.off('uncaughtException', onUncaught);
    process.nextTick(() => {
      throw error;
    });
    return;
  }
  const [kind = ''] = /^\s+at .*$/m.exec(error.stack ?? '') ?? [];
  if (reported.has(kind)) return;
  reported.add(kind);
  for (const logger of loggers)
    logger.error(`supabase: an error was caught nowhere; please report it\n${error.stack}`);
}

function isOurs(error: unknown): error is Error {
  if (!(error instanceof Error) || error.stack === undefined) return false;
  return error.stack.includes(CODE.href) || error.stack.includes(fileURLToPath(CODE));
}
