import type { PreviewServer, ViteDevServer } from 'vite';

/**
 * Runs what a plugin has to clean up when a server ends, once for each server.
 *
 * Vite 8.3 and newer call the hooks `closeServer` and `closePreviewServer`, also on restart and when a later plugin
 * fails. Older versions have no such hook, but always end a server through its `close`, which is wrapped here.
 */
export class ServerCleanup {
  // Oldest first: on a restart Vite creates the new server before it closes the old one.
  readonly #pending: (() => Promise<void>)[] = [];

  /** Registers the clean-up of a server. */
  add(server: ViteDevServer | PreviewServer, cleanUp: () => Promise<void>): void {
    this.#pending.push(cleanUp);
    const close = server.close.bind(server);
    server.close = async () => {
      try {
        await close();
      } finally {
        await this.#run(cleanUp);
      }
    };
  }

  /** The hook for Vite 8.3 and newer, which does not name the server: the oldest one is the one that ends. */
  readonly closeOldest = async (): Promise<void> => {
    const [oldest] = this.#pending;
    if (oldest) await this.#run(oldest);
  };

  async #run(cleanUp: () => Promise<void>): Promise<void> {
    const at = this.#pending.indexOf(cleanUp);
    if (at === -1) return;
    this.#pending.splice(at, 1);
    await cleanUp();
  }
}
