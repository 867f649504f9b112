import pg from 'pg';
import type { DataTable } from './data-tables.ts';
import { quoteName } from './quote-name.ts';

/** Rows that are in memory, and in one statement. */
const BATCH = 500;

/** Values as PostgreSQL writes them. */
const AS_TEXT = { getTypeParser: () => (value: string) => value };

const BOOL = 16;
/** int8, int2, int4, oid, float4, float8, numeric */
const NUMBERS = [20, 21, 23, 26, 700, 701, 1700];
const BITS = [1560, 1562];

/** Writes the rows of a table as INSERT statements. */
export async function writeInserts(
  client: pg.Client,
  table: DataTable,
  write: (text: string) => Promise<void>,
): Promise<void> {
  const columns = table.columns.map(pg.escapeIdentifier).join(', ');
  const override = table.hasIdentity ? ' OVERRIDING SYSTEM VALUE' : '';
  const start = `INSERT INTO ${quoteName(table)} (${columns})${override} VALUES\n`;
  await client.query(
    `declare dumped no scroll cursor for select ${columns || 'null'} from only ${quoteName(table)}`,
  );
  for (;;) {
    const { rows, fields } = await client.query<(string | null)[]>({
      text: `fetch ${BATCH} from dumped`,
      rowMode: 'array',
      types: AS_TEXT,
    });
    if (rows.length === 0) break;
    if (columns === '') {
      await write(`INSERT INTO ${quoteName(table)} DEFAULT VALUES;\n`.repeat(rows.length));
      continue;
    }
    const types = fields.map(({ dataTypeID }) => dataTypeID);
    const lines = rows.map((row) => `\t(${row.map((value, at) => literal(value, types[at])).join(', ')})`);
    await write(`${start}${lines.join(',\n')};\n\n`);
  }
  await client.query('close dumped');
}

/** A constant that gives the value its own type again, whatever the column's type is. */
function literal(value: string | null, type = 0): string {
  if (value === null) return 'NULL';
  if (type === BOOL) return value === 't' ? 'true' : 'false';
  // Not Infinity and NaN.
  if (NUMBERS.includes(type) && /^[-+.\deE]+$/.test(value)) return value;
  if (BITS.includes(type)) return `B'${value}'`;
  return `'${value.replaceAll("'", "''")}'`;
}
