// supabase/realtime v2.129.8 lib/realtime/tenants/replication_connection.ex
import type pg from 'pg';
import type { Logger } from '../../../shared/logger.ts';
import type { Database } from '../../postgres/database.ts';
import type { Hub } from '../topics/hub.ts';
import { ChangeLog } from '../wal/change-log.ts';
import { slotOf } from '../wal/slots.ts';
import { xidsOf, type CommittedChange } from '../wal/change-queue.ts';

export const BROADCASTS_SLOT = 'supabase_realtime_messages_replication_slot';
const PUBLICATION = 'supabase_realtime_messages_publication';
// The first join waits up to this long for the log, so that broadcasts sent right after it arrive. A new slot waits for the
// transactions of all databases of the server, also for the copy of a database for a fork; clients give up after 10 s.
const FIRST_JOIN_WAIT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 30_000;

/** Delivers broadcasts from the database: rows inserted into `realtime.messages`. */
export class DatabaseBroadcasts {
  readonly #log: ChangeLog;
  readonly #hub: Hub;
  #isStarted = false;

  constructor(options: { database: Database; pool: pg.Pool; logger: Logger; hub: Hub }) {
    const { hub, ...rest } = options;
    this.#hub = hub;
    this.#log = new ChangeLog({
      ...rest,
      slot: slotOf(BROADCASTS_SLOT, rest.database),
      publication: PUBLICATION,
      isWanted: ({ schema, table }) => schema === 'realtime' && table.startsWith('messages'),
      deliver: async (batch) => {
        // Wait until the sending transaction is visible, so a client that queries on receipt sees its rows.
        await rest.pool.query('select _realtime.await_transactions($1)', [xidsOf(batch)]);
        for (const change of batch) this.#broadcast(change);
      },
      // Broadcasts are fire-and-forget: a gap needs no recovery.
      onGap: () => {},
    });
  }

  get isConnected(): boolean {
    return this.#log.isStreaming;
  }

  /** Starts reading with the first join. Only that join waits, at most five seconds. */
  async whenReady(): Promise<void> {
    if (this.#log.isStreaming || this.#isStarted) return;
    await this.#log.start(FIRST_JOIN_WAIT_MS);
    this.#isStarted = true;
  }

  /** Resolves with true once broadcasts from the database arrive, with false if they do not within 30 seconds. */
  async whenConnected(): Promise<boolean> {
    await this.#log.start(CONNECT_TIMEOUT_MS);
    return this.#log.isStreaming;
  }

  close(): Promise<void> {
    return this.#log.close();
  }

  #broadcast({ type, relation, row }: CommittedChange): void {
    if (type !== 'INSERT' || !row) return;
    const value = (name: string): string | undefined =>
      row[relation.columns.findIndex((column) => column.name === name)] ?? undefined;
    const [id, name, event] = [value('id'), value('topic'), value('event')];
    const [json, bytes] = [value('payload'), value('binary_payload')];
    const data = bytes === undefined ? json && Buffer.from(json) : Buffer.from(bytes.slice(2), 'hex');
    if (id === undefined || name === undefined || event === undefined || !data) return;
    const broadcast = { event, isJson: bytes === undefined, data };
    const topic = { name, isPrivate: value('private') === 't' };
    this.#hub.broadcast(topic, { kind: 'user', broadcast, meta: { id } });
  }
}
