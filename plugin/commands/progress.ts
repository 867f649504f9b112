const QUIET_MS = 1_000;
const FRAME_MS = 250;
/** How often a plain line says that something still goes on. */
const REPEAT_MS = 10_000;
const CLEAR = '\r\u001B[K';

/** The line that is rewritten; undefined when there is none. */
let current: string | undefined;

/**
 * Says on standard error what takes longer than a second, and how long it has taken: in a terminal in one line, which is
 * rewritten and at last removed; elsewhere in plain lines.
 *
 * @param what a phrase such as `Starting the stack`
 */
export async function withProgress<T>(what: string, work: Promise<T>): Promise<T> {
  const begin = performance.now();
  const isTerminal = process.stderr.isTTY;
  let nextLine = QUIET_MS;
  const timer = setInterval(() => {
    const elapsed = performance.now() - begin;
    if (elapsed < QUIET_MS) return;
    const text = `${what}… ${Math.floor(elapsed / 1000)} s`;
    if (isTerminal) rewrite(text);
    else if (elapsed >= nextLine) {
      nextLine = elapsed + REPEAT_MS;
      process.stderr.write(`${text}\n`);
    }
  }, FRAME_MS).unref();
  try {
    return await work;
  } finally {
    clearInterval(timer);
    if (isTerminal) rewrite(undefined);
  }
}

/** Writes a line to standard error, above the one that is rewritten. */
export function writeLine(text: string): void {
  if (current === undefined) process.stderr.write(`${text}\n`);
  else process.stderr.write(`${CLEAR}${text}\n${current}`);
}

function rewrite(text: string | undefined): void {
  if (current !== undefined || text !== undefined) process.stderr.write(`${CLEAR}${text ?? ''}`);
  current = text;
}
