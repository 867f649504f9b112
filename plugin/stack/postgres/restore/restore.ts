import pg from 'pg';
import { sourceLocation } from '../../../shared/code-frame.ts';
import { errorMessage, SupabaseDevError } from '../../../shared/errors.ts';
import type { Database } from '../database.ts';
import { sendRows } from '../databases/copy/copy-stream.ts';
import { withClient } from '../databases/server.ts';
import { runStatement, type ScriptRules } from '../run-script.ts';
import type { Statement } from '../sql-script.ts';
import type { DumpFile } from './dump-file.ts';
import { FilledTables, withForeignColumns } from './filled-tables.ts';
import { isHarmless, isLeftOut, mayFail, ownerOfRows, withoutSuperuserWords } from './platform.ts';
import { rowsTarget, type RowsTarget } from '../dump/statement-target.ts';

/** What of a dump is not in the database. */
export interface RestoreReport {
  /** Statements about Supabase's own objects that were left out or refused, each with its place. */
  readonly leftOut: readonly string[];
  /** Extensions that this PostgreSQL does not have. */
  readonly extensions: readonly string[];
  /** Tables of Supabase whose rows were left out. */
  readonly tables: readonly string[];
  /** Columns of Auth and Storage that do not exist here. */
  readonly columns: readonly string[];
}

/** Triggers and foreign keys, some of which are there before the rows, do not act; also after `reset all`. */
const OPTIONS = '-c session_replication_role=replica -c synchronous_commit=off -c statement_timeout=0';

const UNCHANGED = 'The database is as it was.';

const PSQL_COMMANDS = /^(?:(?:un)?restrict|connect|c|encoding|set|echo)(?:\s|$)/;
const EXTENSION = /^create\s+extension\s+(?:if\s+not\s+exists\s+)?"?([^"\s;]+)/i;

/**
 * Runs dumps in a database that nobody uses yet, as role `postgres`, in one transaction: what a dump says about roles, which
 * belong to the server, does not remain either if a statement fails.
 *
 * @param database with Supabase's schema, and the project's if the dumps have only rows
 * @throws SupabaseDevError RESTORE_FAILED with file, line and statement
 */
export async function restoreDumps(
  database: Database,
  dumps: readonly DumpFile[],
  rules: ScriptRules,
): Promise<RestoreReport> {
  const targets = dumps.flatMap(({ statements }) => statements.flatMap(({ text }) => rowsTarget(text) ?? []));
  return withClient(database.connection('supabase_admin'), async (admin) => {
    const { result, columns } = await withForeignColumns(admin, targets, () =>
      withClient({ ...database.connection('postgres'), options: OPTIONS }, async (client) => {
        const restore = new Restore(client, rules);
        await client.query('begin');
        for (const dump of dumps) {
          for (const statement of dump.statements) await restore.run(dump, statement);
          await client.query('reset all; reset role');
        }
        await client.query('select _stack.check_script()').catch((error: unknown) => {
          throw new SupabaseDevError('RESTORE_FAILED', errorMessage(error), {
            hint: UNCHANGED,
            cause: error,
          });
        });
        await client.query('commit');
        return restore.report();
      }),
    );
    return { ...result, columns };
  });
}

class Restore {
  readonly #client: pg.Client;
  readonly #filled: FilledTables;
  readonly #rules: ScriptRules;
  readonly #leftOut: string[] = [];
  readonly #extensions: string[] = [];
  readonly #tables = new Set<string>();
  /** The line of the last statement that was left out: a dump is read once only. */
  #line = { file: '', offset: 0, number: 1 };

  constructor(client: pg.Client, rules: ScriptRules) {
    this.#client = client;
    this.#filled = new FilledTables(client);
    this.#rules = rules;
  }

  async run(dump: DumpFile, statement: Statement): Promise<void> {
    try {
      if (statement.command !== undefined) return this.#command(statement.command);
      const target = rowsTarget(statement.text);
      if (target) return await this.#rows(target, statement);
      // Of old versions of pg_dump: a name that the search path completes.
      if (statement.rows !== undefined) return await sendRows(this.#client, statement.text, statement.rows);
      if (isLeftOut(statement.text)) this.#leaveOut(dump, statement);
      else if (mayFail(statement.text)) await this.#try(dump, statement);
      else await this.#query(statement);
    } catch (error) {
      throw failure(dump, statement, error);
    }
  }

  report(): Omit<RestoreReport, 'columns'> {
    return { leftOut: this.#leftOut, extensions: this.#extensions, tables: [...this.#tables] };
  }

  #command(command: string): void {
    if (!PSQL_COMMANDS.test(command)) throw new Error(`psql's command \\${command} is not supported here`);
  }

  async #query({ text }: Statement): Promise<void> {
    await runStatement(this.#client, withoutSuperuserWords(text), this.#rules);
  }

  async #try(dump: DumpFile, statement: Statement): Promise<void> {
    await this.#client.query('savepoint one_statement');
    try {
      await this.#query(statement);
      await this.#client.query('release savepoint one_statement');
    } catch (error) {
      if (!isHarmless(statement.text, error)) throw error;
      await this.#client.query('rollback to savepoint one_statement');
      const [, extension] = EXTENSION.exec(statement.text) ?? [];
      if (extension === undefined) this.#leaveOut(dump, statement, errorMessage(error));
      else this.#extensions.push(extension);
    }
  }

  async #rows(target: RowsTarget, { text, rows }: Statement): Promise<void> {
    if (ownerOfRows(target) === 'nobody' || !(await this.#filled.prepare(target))) {
      // A COPY without rows leaves nothing out.
      if (rows !== '') this.#tables.add(`${target.schema}.${target.name}`);
    } else if (rows === undefined) await this.#client.query(text);
    else await sendRows(this.#client, text, rows);
  }

  #leaveOut({ file, text }: DumpFile, { offset, text: sql }: Statement, reason?: string): void {
    if (this.#line.file !== file) this.#line = { file, offset: 0, number: 1 };
    this.#line.number += text.slice(this.#line.offset, offset).split('\n').length - 1;
    this.#line.offset = offset;
    const [start = ''] = sql.split('\n', 1);
    this.#leftOut.push(
      `${file}:${this.#line.number}: ${start.slice(0, 120)}${reason === undefined ? '' : ` (${reason})`}`,
    );
  }
}

function failure({ file, text }: DumpFile, statement: Statement, error: unknown): SupabaseDevError {
  const sql = error instanceof pg.DatabaseError ? error : undefined;
  const location = sourceLocation(file, text, placeOf(text, statement, sql));
  const [start = ''] = statement.text.split('\n', 1);
  const lines = [
    `${file}:${location.line}:${location.column}: ${errorMessage(error)}${sql?.code ? ` (SQLSTATE ${sql.code})` : ''}`,
    `in the statement: ${start.slice(0, 200)}`,
    ...[sql?.detail, sql?.where].filter((part) => part !== undefined),
  ];
  return new SupabaseDevError('RESTORE_FAILED', lines.join('\n'), {
    hint: sql?.hint ?? UNCHANGED,
    cause: error,
    location,
  });
}

/** The offset in the file that an error is about: of a COPY, its row. */
function placeOf(text: string, { offset, text: sql, rows }: Statement, error?: pg.DatabaseError): number {
  const [, row] = /^COPY .*?, line (\d+)/.exec(error?.where ?? '') ?? [];
  if (rows === undefined || row === undefined) return offset + Math.max(0, Number(error?.position ?? 1) - 1);
  const start = text.indexOf('\n', offset + sql.length) + 1;
  return start + rows.split('\n', Number(row) - 1).reduce((sum, line) => sum + line.length + 1, 0);
}
