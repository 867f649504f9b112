import { ERRORS, Server } from '@tus/server';

type Context = ReturnType<Server['createContext']>;

/** The library's server, with timers that keep no process alive. */
export class TusServer extends Server {
  /**
   * As the library's own: a request whose lock another one wants has some seconds to store what arrived, and is then
   * ended. Its timer would run on when the request, or the whole stack, has long ended.
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
