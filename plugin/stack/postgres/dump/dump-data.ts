// PostgreSQL: src/bin/pg_dump/pg_dump.c, dumpTableData_copy, dumpTableData_insert, dumpSequenceData
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import pg from 'pg';
import { writeRows } from '../databases/copy/copy-stream.ts';
import { withClient } from '../databases/server.ts';
import { readDataTables, type DataOptions, type DataSequence, type DataTable } from './data-tables.ts';
import { writeInserts } from './insert-rows.ts';
import { quoteName } from './quote-name.ts';

const HEADER = `SET session_replication_role = replica;

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
`;

/** One state of the database, read with the settings that make every value exact. */
const SETTINGS = `set search_path = pg_catalog; set extra_float_digits = 3; set datestyle = iso; set intervalstyle = postgres;
  set bytea_output = hex; set xmloption = content; set row_security = off; set statement_timeout = 0;
  begin isolation level repeatable read read only`;

/**
 * Writes the rows of a database as SQL, as `supabase db dump --data-only` does, of any size: not by pg_dump, which would
 * hold them in memory, and whose lines the Supabase CLI filters, also those of the project's texts.
 *
 * @param connection as role `postgres`, which reads what row level security hides
 * @param useCopy COPY instead of INSERT
 * @throws DatabaseError
 */
export async function dumpData(
  connection: pg.ClientConfig,
  { useCopy, ...options }: DataOptions & { readonly useCopy: boolean },
  to: Writable,
): Promise<void> {
  await withClient(connection, async (client) => {
    await client.query(SETTINGS);
    const { tables, sequences } = await readDataTables(client, options);
    if (options.schemas.length > 0 && tables.length + sequences.length === 0)
      throw new Error(`no matching tables were found: ${options.schemas.join(', ')}`);
    await write(to, HEADER);
    for (const table of tables) {
      await write(to, heading(table, 'TABLE DATA'));
      if (useCopy && table.columns.length > 0) await writeCopy(client, table, to);
      else await writeInserts(client, table, (text) => write(to, text));
    }
    for (const sequence of sequences) await write(to, await setSequence(client, sequence));
    await write(to, '\nRESET ALL;\n');
  });
}

async function write(to: Writable, text: string): Promise<void> {
  if (text !== '' && !to.write(text)) await once(to, 'drain');
}

function heading({ schema, name, owner }: DataTable | DataSequence, type: string): string {
  // A name may have a line break, which would end the comment.
  const [safeName, safeSchema, safeOwner] = [name, schema, owner].map((text) =>
    text.replaceAll(/[\r\n]/g, ' '),
  );
  return `\n--\n-- Data for Name: ${safeName}; Type: ${type}; Schema: ${safeSchema}; Owner: ${safeOwner}\n--\n\n`;
}

async function writeCopy(client: pg.Client, table: DataTable, to: Writable): Promise<void> {
  const columns = table.columns.map(pg.escapeIdentifier).join(', ');
  await write(to, `COPY ${quoteName(table)} (${columns}) FROM stdin;\n`);
  await writeRows(client, `copy ${quoteName(table)} (${columns}) to stdout`, to);
  await write(to, '\\.\n\n');
}

async function setSequence(client: pg.Client, sequence: DataSequence): Promise<string> {
  const { rows } = await client.query<{ value: string; isCalled: boolean }>(
    `select last_value::text as value, is_called as "isCalled" from ${quoteName(sequence)}`,
  );
  const name = pg.escapeLiteral(quoteName(sequence));
  const calls = rows.map(
    ({ value, isCalled }) => `SELECT pg_catalog.setval(${name}, ${value}, ${isCalled});\n`,
  );
  return heading(sequence, 'SEQUENCE SET') + calls.join('');
}
