import type pg from 'pg';
import type { Logger } from '../../../shared/logger.ts';
import type { Database } from '../../postgres/database.ts';
import type { Channel } from '../connection/channel.ts';
import type { Hub } from '../topics/hub.ts';
import { xidsOf } from '../changes/visibility.ts';
import type { CommittedChange } from '../wal/change-queue.ts';
import { ChangeLog } from '../wal/change-log.ts';

export const BROADCASTS_SLOT = 'supabase_realtime_messages_replication_slot';
const PUBLICATION = 'supabase_realtime_messages_publication';
// A first join waits this long for the log, so that what is sent right after it arrives.
const FIRST_JOIN_WAIT_MS = 1_000;
const ANNOUNCE_TIMEOUT_MS = 30_000;

/** Broadcasts that the database sends: rows inserted into `realtime.messages`. */
export class DatabaseBroadcasts {
  readonly #log: ChangeLog;
  readonly #hub: Hub;
  #isStarted = false;

  constructor(options: { database: Database; pool: pg.Pool; logger: Logger; hub: Hub }) {
    const { hub, ...rest } = options;
    this.#hub = hub;
    this.#log = new ChangeLog({
      ...rest,
      slot: BROADCASTS_SLOT,
      publication: PUBLICATION,
      isWanted: ({ schema, table }) => schema === 'realtime' && table.startsWith('messages'),
      deliver: async (batch) => {
        // Who asks the database at once should find what made it send.
        await rest.pool.query('select _realtime.await_transactions($1)', [xidsOf(batch)]);
        for (const change of batch) this.#broadcast(change);
      },
      // A broadcast is told to those who are there; nobody counts on having had all of them.
      onGap: () => {},
    });
  }

  get isConnected(): boolean {
    return this.#log.isStreaming;
  }

  /** Starts with the first join; later ones do not wait. */
  async whenReady(): Promise<void> {
    if (this.#log.isStreaming || this.#isStarted) return;
    await this.#log.start(FIRST_JOIN_WAIT_MS);
    this.#isStarted = true;
  }

  /** Tells a channel that asked for it (`replication_ready`) when broadcasts from the database arrive. */
  announce(channel: Channel): void {
    void this.#log.start(ANNOUNCE_TIMEOUT_MS).then(() => {
      if (this.#log.isStreaming) channel.sendSystem('system', 'ok', 'Replication connection established');
      else channel.shutDown('Replication connection was not established in time');
    });
  }

  close(): Promise<void> {
    return this.#log.close();
  }

  #broadcast({ type, relation, row }: CommittedChange): void {
    if (type !== 'INSERT' || !row) return;
    const value = (name: string): string | undefined =>
      row[relation.columns.findIndex((column) => column.name === name)] ?? undefined;
    const [id, topic, event] = [value('id'), value('topic'), value('event')];
    const [json, bytes] = [value('payload'), value('binary_payload')];
    const data = bytes === undefined ? json && Buffer.from(json) : Buffer.from(bytes.slice(2), 'hex');
    if (id === undefined || topic === undefined || event === undefined || !data) return;
    const broadcast = { event, isJson: bytes === undefined, data };
    this.#hub.broadcast(topic, value('private') === 't', { kind: 'user', broadcast, meta: { id } });
  }
}
