import type { Writable } from 'node:stream';
import pg from 'pg';
import type { Statement } from '../sql/writer.ts';
import type { DatabaseError } from '../respond/database-error.ts';
import type { IsolationLevel } from '../schema-cache/types.ts';
import { StatementNames } from './statement-names.ts';

/** Values as PostgreSQL writes them, in the order of the columns. */
export type Row = readonly (string | null)[];

export interface Rows {
  readonly rows: readonly Row[];
  /** OIDs of the columns' types. */
  readonly types: readonly number[];
}

/** One transaction: its settings and statements are sent together, in one round trip. */
export interface Transaction {
  readonly isolationLevel: IsolationLevel;
  readonly readOnly: boolean;
  /** Run first, in this order; their results are not looked at. */
  readonly before: readonly Statement[];
  readonly statements: readonly Statement[];
  readonly end: 'commit' | 'rollback';
  /** Judges the results before the transaction ends; a throw rolls it back. Costs a second round trip. */
  readonly judge?: ((results: readonly Rows[]) => void) | undefined;
  /** Whether statements are worth naming: prepared once on a connection, then only executed. */
  readonly prepare: boolean;
}

/** A failure of the connection rather than of a statement. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly phase: 'connect' | 'query';

  constructor(phase: ConnectionError['phase'], cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.phase = phase;
  }
}

// As PostgREST's default.
const POOL_SIZE = 10;
const CLOSE_GRACE_MS = 1000;

// Results are handed on as text: PostgreSQL has already made JSON of them.
const AS_TEXT = { getTypeParser: () => (value: string | Buffer) => value };

/** The connections of the login role, and the only place that sends anything to PostgreSQL. */
export class RestDatabase {
  readonly #pool: pg.Pool;
  readonly #active = new Set<pg.PoolClient>();
  #names = new StatementNames();
  /** Prepared statements made before a change of the schema may not fit any more; so connections are of a generation. */
  #generation = 0;
  readonly #generations = new WeakMap<pg.PoolClient, number>();

  constructor(createPool: (options: pg.PoolConfig) => pg.Pool) {
    this.#pool = createPool({ max: POOL_SIZE, pipeline: true, types: AS_TEXT, idleTimeoutMillis: 30_000 });
  }

  /**
   * Runs a transaction and answers the rows of each of `statements`.
   *
   * @throws DatabaseError of the first statement that failed (the transaction is rolled back), ConnectionError, or
   * what `judge` threw
   */
  async run(transaction: Transaction): Promise<Rows[]> {
    try {
      return await this.#runOnce(transaction);
    } catch (error) {
      // The schema changed a moment ago. Nothing was done yet: it fails when the statement would begin.
      if (!isStalePlan(error)) throw error;
      this.forgetStatements();
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
    const { isolationLevel, readOnly, before, statements, judge } = transaction;
    const send = (statement: Statement): Promise<Rows> => this.#send(client, statement, transaction.prepare);
    // One packet for all that is sent together.
    const stream = streamOf(client);
    stream.cork();
    const begin = `BEGIN ISOLATION LEVEL ${isolationLevel.toUpperCase()} READ ${readOnly ? 'ONLY' : 'WRITE'}`;
    const started = [sendText(client, begin), ...before.map(send)];
    const results = statements.map(send);
    // A failed transaction ends as rolled back whatever it is told.
    const ends = transaction.end === 'commit' ? ['COMMIT'] : ['SET CONSTRAINTS ALL IMMEDIATE', 'ROLLBACK'];
    if (!judge) {
      const sent = [...started, ...results, ...ends.map((text) => sendText(client, text))];
      stream.uncork();
      return (await settle(sent)).slice(started.length, started.length + results.length);
    }
    stream.uncork();
    let verdict: unknown;
    let judged: Rows[] = [];
    try {
      judged = (await settle([...started, ...results])).slice(started.length);
      judge(judged);
    } catch (error) {
      verdict = error;
    }
    if (verdict instanceof ConnectionError) throw verdict;
    await settle((verdict === undefined ? ends : ['ROLLBACK']).map((text) => sendText(client, text)));
    if (verdict !== undefined) throw verdict;
    return judged;
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

  /** Lets go of all prepared statements, by replacing each connection when it is next wanted. */
  forgetStatements(): void {
    this.#generation += 1;
    this.#names = new StatementNames();
  }

  /** Ends the connections; statements that still run then are given up after a moment. */
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

export function isDatabaseError(error: unknown): error is DatabaseError & Error {
  return error instanceof pg.DatabaseError && typeof error.code === 'string';
}

/** The socket of a client, which pg's types do not show. */
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
    // With a callback, and not as a promise, which would make a stack trace for each error.
    client.query(query, (error: Error | null, result: pg.QueryArrayResult<(string | null)[]>) => {
      if (error) reject(isDatabaseError(error) ? error : new ConnectionError('query', error));
      else resolve({ rows: result.rows, types: result.fields.map((field) => field.dataTypeID) });
    });
  });
}

/** Waits for all and throws the first error: those after it only say that the transaction is aborted. */
async function settle(sent: readonly Promise<Rows>[]): Promise<Rows[]> {
  const results = await Promise.allSettled(sent);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
