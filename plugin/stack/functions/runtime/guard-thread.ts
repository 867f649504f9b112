/**
 * Starts the thread that watches over this process, also while the function blocks its own thread (see guard.ts). It
 * passes on what Node writes to standard input: the reason to end.
 */
export function startGuard(mark: string, shutdown: (reason: string) => Promise<void>): void {
  if (isStarted) return;
  isStarted = true;
  const url = new URL(import.meta.url.replace(/guard-thread(\.[jt]s)$/, 'guard$1'));
  const guard = new Worker(url, { type: 'module' });
  guard.addEventListener('message', ({ data }: { data: { ping?: true; end?: string } }) => {
    if (data.ping) guard.postMessage('pong');
    else if (data.end !== undefined) void shutdown(data.end);
  });
  guard.postMessage({ mark });
}

let isStarted = false;

/** The web's Worker, which Node has no types of. */
declare const Worker: new (
  url: URL,
  options: { type: 'module' },
) => {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: { data: { ping?: true; end?: string } }) => void): void;
};
