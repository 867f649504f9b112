import pg from 'pg';

const TIMEOUT_MS = 60_000;

interface SqlCall {
  readonly query: string;
  readonly parameters: readonly unknown[] | undefined;
  readonly isReadOnly: boolean;
}

/**
 * Runs SQL as `postgres` on a connection of its own, so that no setting stays behind.
 *
 * Read-only means one statement in a read-only transaction that has already taken its snapshot: the transaction cannot be
 * ended by the text itself, and PostgreSQL does not let it become writable any more.
 *
 * @returns the rows of the last statement
 * @throws Error with PostgreSQL's message, detail, hint and SQLSTATE
 */
export async function runSql<Row>(url: string, { query, parameters, isReadOnly }: SqlCall): Promise<Row[]> {
  const client = new pg.Client({
    connectionString: url,
    statement_timeout: TIMEOUT_MS,
    application_name: 'vite-plugin-supabase mcp',
    types: { getTypeParser },
  });
  client.on('error', () => {});
  await client.connect();
  try {
    if (isReadOnly) await client.query('begin read only; select 1');
    const isOneStatement = isReadOnly || parameters !== undefined;
    const result = isOneStatement
      ? await client.query({
          text: query,
          values: [...(parameters ?? [])],
          queryMode: 'extended',
        } as pg.QueryConfig)
      : await client.query(query);
    // Several statements have several results.
    const results: pg.QueryResult[] = Array.isArray(result) ? result : [result];
    return (results.at(-1)?.rows ?? []) as Row[];
  } catch (error) {
    throw describeError(error);
  } finally {
    await client.end();
  }
}

/** As JSON has numbers: a bigint is one where a number can hold it. */
function getTypeParser(...of: Parameters<typeof pg.types.getTypeParser>): unknown {
  const [oid, format] = of;
  if (oid !== pg.types.builtins.INT8 || format === 'binary') return pg.types.getTypeParser(...of);
  return (text: string) => (Number.isSafeInteger(Number(text)) ? Number(text) : text);
}

function describeError(error: unknown): unknown {
  if (!(error instanceof pg.DatabaseError)) return error;
  const { code, message, detail, hint } = error;
  const lines = [`ERROR: ${code}: ${message}`, detail && `DETAIL: ${detail}`, hint && `HINT: ${hint}`];
  return new Error(lines.filter(Boolean).join('\n'));
}
