import { ERRORS, Server } from '@tus/server';

type Context = ReturnType<Server['createContext']>;

/** The library's server, with timers that keep no process alive. */
export class TusServer extends Server {
  /**
   * Like the library's method: when another request wants its lock, a request has some seconds to store what has arrived
   * and is then aborted. The library's timer would keep the process alive after the request, or the stack, has ended.
   */
  protected override createContext(): Context {
    const controller = new AbortController();
    let draining: NodeJS.Timeout | undefined;
    const abort = (): void => {
      clearTimeout(draining);
      controller.abort(ERRORS.ABORTED);
    };
    return {
      signal: controller.signal,
      abort,
      cancel: () => (draining ??= setTimeout(abort, this.options.lockDrainTimeout).unref()),
    };
  }
}
