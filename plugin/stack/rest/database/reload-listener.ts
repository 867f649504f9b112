import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

/** The channel of `NOTIFY pgrst, 'reload schema'`. */
const CHANNEL = 'pgrst';
const RETRY_MS = 500;

/**
 * Listens for `NOTIFY pgrst`. It reconnects after a lost connection and then calls `onReload` as well, because a
 * notification may have been missed in between.
 */
export class ReloadListener {
  readonly #settings: pg.ClientConfig;
  readonly #onReload: () => void;
  readonly #closing = new AbortController();
  #client: pg.Client | undefined;

  private constructor(settings: pg.ClientConfig, onReload: () => void) {
    this.#settings = settings;
    this.#onReload = onReload;
  }

  /** @param onReload called for every notification: `reload schema` and `reload config` both reload everything */
  static async start(settings: pg.ClientConfig, onReload: () => void): Promise<ReloadListener> {
    const listener = new ReloadListener(settings, onReload);
    await listener.#listen();
    return listener;
  }

  async #listen(): Promise<void> {
    const client = new pg.Client(this.#settings);
    this.#client = client;
    client.on('error', () => {});
    client.on('notification', () => this.#onReload());
    await client.connect();
    await client.query(`LISTEN ${CHANNEL}`);
    client.on('end', () => void this.#listenAgain());
  }

  async #listenAgain(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        await delay(RETRY_MS, undefined, { signal: this.#closing.signal });
        await this.#listen();
        this.#onReload();
        return;
      } catch {
        // The server is not back yet, or close() was called.
      }
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#client?.end().catch(() => {});
  }
}
