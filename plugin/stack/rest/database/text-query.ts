import pg from 'pg';
import { ConnectionError, isDatabaseError } from './errors.ts';
import type { Row, Rows } from './transaction.ts';

type Value = string | Buffer | null;

/** What pg's own query class has besides its types. */
interface PgQuery {
  name: string | undefined;
}
const Query = pg.Query as unknown as new (
  text: string,
  values: readonly Value[],
  callback: (error: Error | null) => void,
) => PgQuery;

/**
 * A query whose rows stay as they arrive: lists of texts. pg's own class makes an object with getters of each query's
 * options and a template of a row, which costs more than everything else that a small request does.
 */
class TextQuery extends Query {
  // pg reads `rows` and `types` as options of its own.
  readonly received: Row[] = [];
  oids: readonly number[] = [];

  constructor(
    text: string,
    values: readonly Value[],
    name: string | undefined,
    done: (e: Error | null) => void,
  ) {
    // A text, not options: these would be copied.
    super(text, values, done);
    this.name = name;
  }

  // pg calls these methods as messages arrive.

  handleRowDescription({ fields }: { readonly fields: readonly { readonly dataTypeID: number }[] }): void {
    this.oids = fields.map((field) => field.dataTypeID);
  }

  handleDataRow({ fields }: { readonly fields: Row }): void {
    this.received.push(fields);
  }

  handleCommandComplete(): void {}
}

/**
 * Runs one statement.
 *
 * @param name to prepare it under; undefined to parse it this once
 * @throws DatabaseError, ConnectionError
 */
export function sendQuery(
  client: pg.PoolClient,
  text: string,
  values: readonly Value[] = [],
  name?: string,
): Promise<Rows> {
  return new Promise((resolve, reject) => {
    // With a callback: pg's own promises make a stack trace for each error.
    const query = new TextQuery(text, values, name, (error) => {
      if (error) reject(isDatabaseError(error) ? error : new ConnectionError('query', error));
      else resolve({ rows: query.received, types: query.oids });
    });
    client.query(query as unknown as pg.Submittable);
  });
}
