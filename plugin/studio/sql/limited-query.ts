import pg from 'pg';

/** What one statement returned, each value as PostgreSQL writes it. */
export interface LimitedResult {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
  /** There are more rows than asked for, and PostgreSQL has not computed them. */
  readonly isCut: boolean;
  /** Such as `INSERT`; undefined for a result that was cut. */
  readonly command: string | undefined;
  /** Rows that the statement returned or changed, where its command counts them. */
  readonly count: number | undefined;
}

type TextResult = pg.QueryArrayResult<(string | null)[]>;

const AS_TEXT = { getTypeParser: () => (value: string) => value };

/**
 * Runs one statement, and stops PostgreSQL after a number of rows. node-postgres asks for the next rows of a portal until
 * there are none (lib/query.js); this query ends with the first ones.
 *
 * @throws pg.DatabaseError
 */
export function queryLimited(client: pg.Client, text: string, limit: number): Promise<LimitedResult> {
  // One more than is shown: PostgreSQL does not know whether there are more when it stops.
  const config = { text, rows: limit + 1, rowMode: 'array', types: AS_TEXT } as pg.QueryArrayConfig;
  return new Promise((resolve, reject) => {
    const query = new LimitedQuery(config);
    query.on('error', reject);
    query.on('end', (result) => {
      const { fields, rows: found, command, rowCount } = result as unknown as TextResult;
      resolve({
        columns: fields.map(({ name }) => name),
        rows: found.slice(0, limit),
        isCut: found.length > limit,
        command: command || undefined,
        count: rowCount ?? undefined,
      });
    });
    client.query(query);
  });
}

class LimitedQuery extends pg.Query {
  /** The rows that were asked for are there. */
  handlePortalSuspended(connection: pg.Connection): void {
    connection.sync();
  }

  /** A query with a number of rows sends no Sync with its statement, which PostgreSQL waits for after an error. */
  handleError(error: Error, connection: pg.Connection): void {
    connection.sync();
    this.emit('error', error);
  }
}
