import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

/** The channel that Supabase's tools notify: `NOTIFY pgrst, 'reload schema'`. */
const CHANNEL = 'pgrst';
const RETRY_MS = 500;

/**
 * Listens for `NOTIFY pgrst`. A lost connection is made again, and `onReload` then called as well: what was notified in
 * between is not known.
 */
export class ReloadListener {
  readonly #settings: pg.ClientConfig;
  readonly #onReload: (what: string) => void;
  readonly #closing = new AbortController();
  #client: pg.Client | undefined;

  private constructor(settings: pg.ClientConfig, onReload: (what: string) => void) {
    this.#settings = settings;
    this.#onReload = onReload;
  }

  /** @param onReload is given the payload: `reload schema`, `reload config`, or empty for both */
  static async start(settings: pg.ClientConfig, onReload: (what: string) => void): Promise<ReloadListener> {
    const listener = new ReloadListener(settings, onReload);
    await listener.#listen();
    return listener;
  }

  async #listen(): Promise<void> {
    const client = new pg.Client(this.#settings);
    this.#client = client;
    client.on('error', () => {});
    client.on('notification', ({ payload }) => this.#onReload(payload ?? ''));
    await client.connect();
    await client.query(`LISTEN ${CHANNEL}`);
    client.on('end', () => void this.#listenAgain());
  }

  async #listenAgain(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        await delay(RETRY_MS, undefined, { signal: this.#closing.signal });
        await this.#listen();
        this.#onReload('');
        return;
      } catch {
        // The server is not back yet, or the listener is being closed.
      }
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#client?.end().catch(() => {});
  }
}
