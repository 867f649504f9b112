import type { Writable } from 'node:stream';
import type pg from 'pg';
import { ConnectionError, isDatabaseError } from './errors.ts';
import { StatementNames } from './statement-names.ts';
import type { Rows, Statement, Transaction } from './transaction.ts';
import { UnfilteredGuard } from './unfiltered-guard.ts';

// PostgREST's default.
const POOL_SIZE = 10;
const IDLE_TIMEOUT_MS = 30_000;
const CLOSE_GRACE_MS = 1000;

// Results stay text: PostgreSQL has already made JSON of them.
const AS_TEXT = { getTypeParser: () => (value: string | Buffer) => value };

/** The connections of the login role, and the only place that sends anything to PostgreSQL. */
export class RestDatabase {
  readonly #pool: pg.Pool;
  readonly #active = new Set<pg.PoolClient>();
  #names = new StatementNames();
  /** Each schema change begins a generation: statements that older connections prepared may no longer fit. */
  #generation = 0;
  readonly #generations = new WeakMap<pg.PoolClient, number>();

  constructor(createPool: (options: pg.PoolConfig) => pg.Pool) {
    this.#pool = createPool({
      max: POOL_SIZE,
      pipeline: true,
      types: AS_TEXT,
      idleTimeoutMillis: IDLE_TIMEOUT_MS,
    });
  }

  /**
   * Runs a transaction and returns the rows of each of its `statements`.
   *
   * @throws DatabaseError of the first statement that failed (the transaction is rolled back), ConnectionError, or
   * what `validate` threw
   */
  async run(transaction: Transaction): Promise<Rows[]> {
    try {
      return await this.#runOnce(transaction);
    } catch (error) {
      // The schema has just changed. The statement fails before it does anything, so it is safe to run again.
      if (!isStalePlan(error)) throw error;
      this.invalidateStatements();
      return this.#runOnce(transaction);
    }
  }

  async #runOnce(transaction: Transaction): Promise<Rows[]> {
    const client = await this.#connect();
    this.#active.add(client);
    let broken: Error | undefined;
    try {
      return await this.#runOn(client, transaction);
    } catch (error) {
      if (error instanceof ConnectionError) broken = error;
      throw error;
    } finally {
      this.#active.delete(client);
      client.release(broken);
    }
  }

  async #runOn(client: pg.PoolClient, transaction: Transaction): Promise<Rows[]> {
    const { isolationLevel, readOnly, before, statements, validate, guarded } = transaction;
    const send = (statement: Statement): Promise<Rows> => this.#send(client, statement, transaction.prepare);
    // One packet for everything that is sent together.
    const stream = streamOf(client);
    stream.cork();
    const begin = `BEGIN ISOLATION LEVEL ${isolationLevel.toUpperCase()} READ ${readOnly ? 'ONLY' : 'WRITE'}`;
    const guard = guarded ? new UnfilteredGuard(client) : undefined;
    const settings = guard ? UnfilteredGuard.settings : [];
    const started = [...[begin, ...settings].map((text) => sendText(client, text)), ...before.map(send)];
    const results = statements.map(send);
    // PostgreSQL rolls a failed transaction back, whichever of these ends it.
    const ends = transaction.end === 'commit' ? ['COMMIT'] : ['SET CONSTRAINTS ALL IMMEDIATE', 'ROLLBACK'];
    if (!validate && !guard) {
      const sent = [...started, ...results, ...ends.map((text) => sendText(client, text))];
      stream.uncork();
      return (await settle(sent)).slice(started.length, started.length + results.length);
    }
    stream.uncork();
    let failure: unknown;
    let rows: Rows[] = [];
    try {
      rows = (await settle([...started, ...results])).slice(started.length);
      if (!guard?.error) validate?.(rows);
    } catch (error) {
      failure = error;
    }
    guard?.end();
    if (!(failure instanceof ConnectionError)) failure = guard?.error ?? failure;
    if (failure instanceof ConnectionError) throw failure;
    await settle((failure === undefined ? ends : ['ROLLBACK']).map((text) => sendText(client, text)));
    if (failure !== undefined) throw failure;
    return rows;
  }

  #send(client: pg.PoolClient, { text, params }: Statement, prepare: boolean): Promise<Rows> {
    const name = prepare ? this.#names.nameOf(text) : undefined;
    return sendQuery(client, { text, values: [...params], name, rowMode: 'array', types: AS_TEXT });
  }

  async #connect(): Promise<pg.PoolClient> {
    for (;;) {
      let client: pg.PoolClient;
      try {
        client = await this.#pool.connect();
      } catch (error) {
        throw isDatabaseError(error) && !error.code.startsWith('53')
          ? error
          : new ConnectionError('connect', error);
      }
      const generation = this.#generations.get(client) ?? this.#generation;
      if (generation === this.#generation) {
        this.#generations.set(client, generation);
        return client;
      }
      client.release(true);
    }
  }

  /** Invalidates all prepared statements: each connection is replaced on its next checkout. */
  invalidateStatements(): void {
    this.#generation += 1;
    this.#names = new StatementNames();
  }

  /** Ends the connections; statements that are still running are aborted after a grace period. */
  async close(): Promise<void> {
    const ended = this.#pool.end();
    const timer = setTimeout(() => {
      for (const client of this.#active) streamOf(client).destroy();
    }, CLOSE_GRACE_MS);
    await ended;
    clearTimeout(timer);
  }
}

function isStalePlan(error: unknown): boolean {
  return (
    isDatabaseError(error) &&
    error.code === '0A000' &&
    error.message.startsWith('cached plan must not change')
  );
}

/** The socket of a client, which pg's types do not expose. */
function streamOf(client: pg.PoolClient): Writable {
  return (client as unknown as { connection: { stream: Writable } }).connection.stream;
}

function sendText(client: pg.PoolClient, text: string): Promise<Rows> {
  return sendQuery(client, { text, values: [], rowMode: 'array' });
}

function sendQuery(
  client: pg.PoolClient,
  query: pg.QueryArrayConfig<(string | Buffer | null)[]>,
): Promise<Rows> {
  return new Promise((resolve, reject) => {
    // With a callback: pg's own promises make a stack trace for each error.
    client.query(query, (error: Error | null, result: pg.QueryArrayResult<(string | null)[]>) => {
      if (error) reject(isDatabaseError(error) ? error : new ConnectionError('query', error));
      else resolve({ rows: result.rows, types: result.fields.map((field) => field.dataTypeID) });
    });
  });
}

/** Waits for all and throws the first error: later ones only report that the transaction is aborted. */
async function settle(sent: readonly Promise<Rows>[]): Promise<Rows[]> {
  const results = await Promise.allSettled(sent);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
