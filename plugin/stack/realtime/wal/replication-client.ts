// https://www.postgresql.org/docs/17/protocol-replication.html
import type { Duplex } from 'node:stream';
import pg from 'pg';

/** The members of pg's connection that the replication protocol needs and the type declarations omit. */
interface CopyBothConnection {
  readonly stream: Duplex;
  on(event: 'copyData', listener: (message: { chunk: Buffer }) => void): void;
  once(event: 'replicationStart', listener: () => void): void;
  sendCopyFromChunk(chunk: Buffer): void;
}

export interface ReplicationHandlers {
  /** A message of the output plugin. The buffer is valid only during the call. */
  onData(data: Buffer): void;
  /** The server has nothing to send up to this position. */
  onKeepalive(walEnd: bigint, wantsReply: boolean): void;
}

const XLOG_DATA = 0x77;
const KEEPALIVE = 0x6b;
const STATUS = 0x72;
const MICROSECONDS_1970_TO_2000 = 946_684_800_000_000n;

// How values are written, whatever the settings of the database: `_realtime.log_text` writes the operands of filters alike.
const OUTPUT_FORMAT =
  '-c datestyle=ISO,YMD -c intervalstyle=postgres -c extra_float_digits=1 -c bytea_output=hex -c lc_monetary=C';

/** One connection in replication mode. */
export class ReplicationClient {
  readonly #client: pg.Client;
  readonly #connection: CopyBothConnection;

  private constructor(client: pg.Client) {
    this.#client = client;
    this.#connection = client.connection as unknown as CopyBothConnection;
  }

  static async connect(settings: pg.ClientConfig): Promise<ReplicationClient> {
    const replication: pg.ClientConfig & { replication: string } = {
      ...settings,
      options: OUTPUT_FORMAT,
      replication: 'database',
    };
    const client = new pg.Client(replication);
    // Without a listener Node would throw; the running query is rejected as well.
    client.on('error', () => {});
    await client.connect();
    return new ReplicationClient(client);
  }

  /** Creates a slot. It retains every later change. */
  async createSlot(slot: string): Promise<void> {
    await this.#client.query(`CREATE_REPLICATION_SLOT "${slot}" LOGICAL pgoutput (SNAPSHOT 'nothing')`);
  }

  /**
   * Streams from a position, or from the slot's own position if that is later.
   *
   * @returns once the stream runs; `ended` then resolves with the error that ended it (undefined after `end`)
   */
  async start(
    slot: string,
    publication: string,
    from: bigint,
    handlers: ReplicationHandlers,
  ): Promise<{ ended: Promise<unknown> }> {
    this.#connection.on('copyData', ({ chunk }) => {
      if (chunk[0] === XLOG_DATA) handlers.onData(chunk.subarray(25));
      else if (chunk[0] === KEEPALIVE) handlers.onKeepalive(chunk.readBigUInt64BE(1), chunk[17] === 1);
    });
    const running = new Promise<void>((resolve) => this.#connection.once('replicationStart', resolve));
    const position = `${(from >> 32n).toString(16)}/${(from & 0xffffffffn).toString(16)}`;
    const options = `proto_version '1', publication_names '"${publication}"'`;
    const query = this.#client.query(`START_REPLICATION SLOT "${slot}" LOGICAL ${position} (${options})`);
    const ended = query.then(
      () => undefined,
      (error: unknown) => error,
    );
    const failed = ended.then((error) => {
      throw error ?? new Error('the replication stream ended at once');
    });
    failed.catch(() => {});
    await Promise.race([running, failed]);
    return { ended };
  }

  /** Stops reading, which makes the server wait. */
  pause(): void {
    this.#connection.stream.pause();
  }

  resume(): void {
    this.#connection.stream.resume();
  }

  /** Confirms changes up to a position, so that the server can discard them. */
  acknowledge(position: bigint): void {
    if (this.#connection.stream.destroyed) return;
    const status = Buffer.alloc(34);
    status[0] = STATUS;
    status.writeBigUInt64BE(position, 1);
    status.writeBigUInt64BE(position, 9);
    status.writeBigUInt64BE(position, 17);
    status.writeBigUInt64BE(BigInt(Date.now()) * 1000n - MICROSECONDS_1970_TO_2000, 25);
    this.#connection.sendCopyFromChunk(status);
  }

  end(): void {
    this.#connection.stream.destroy();
  }
}
