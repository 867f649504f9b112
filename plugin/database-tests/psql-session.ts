import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import pg from 'pg';
import { errorMessage } from '../shared/errors.ts';
import { locate } from '../shared/code-frame.ts';
import { splitStatements, type Statement } from '../stack/postgres/sql-script.ts';
import { Conditions } from './psql-conditions.ts';
import { interpolate, isOn, readArguments } from './psql-variables.ts';

/** Where a session writes: lines of results, and messages with their place. */
export interface PsqlOutput {
  readonly out: (line: string) => void;
  readonly err: (text: string) => void;
}

/** Values stay as PostgreSQL prints them. */
const AS_TEXT = { getTypeParser: () => (value: string) => value };

/** Commands about the format of the output, which has one here, and those that describe the database to people. */
const IGNORED = /^(a|C|encoding|f|H|pset|t|T|timing|x|d.*|l|z|conninfo)\+?$/;

/** An error that ends a file, with its place. */
class ScriptError extends Error {}

/** `\q` */
class Quit extends Error {}

/**
 * Runs SQL files as `psql --no-psqlrc --no-align --quiet --tuples-only --set ON_ERROR_STOP=1 --file` does, which pg_prove
 * calls for each test (TAP::Parser::SourceHandler::pgTAP).
 */
export class PsqlSession {
  readonly #client: pg.Client;
  readonly #output: PsqlOutput;
  readonly #variables = new Map([
    ['ON_ERROR_STOP', '1'],
    ['ON_ERROR_ROLLBACK', '1'],
  ]);
  /** The statement that runs, for messages. */
  #place = '';

  /** @param url connection URL; the connection ends with `run` */
  constructor(url: string, output: PsqlOutput) {
    this.#client = new pg.Client(url);
    this.#output = output;
    this.#client.on('error', () => {});
    this.#client.on('notice', (notice) =>
      output.err(`${this.#place}: ${notice.severity}:  ${notice.message}`),
    );
  }

  /** Runs a file and returns psql's exit status: 0, 2 when the connection is lost, 3 after an error. */
  async run(file: string): Promise<number> {
    try {
      await this.#client.connect();
      await this.#runFile(file);
      return 0;
    } catch (error) {
      this.#output.err(error instanceof ScriptError ? error.message : `psql: error: ${errorMessage(error)}`);
      return error instanceof ScriptError ? 3 : 2;
    } finally {
      await this.#client.end().catch(() => {});
    }
  }

  async #runFile(file: string): Promise<void> {
    const script = (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
    const conditions = new Conditions();
    try {
      for (const statement of splitStatements(script, true)) {
        this.#place = `psql:${file}:${locate(script, statement.offset).line}`;
        if (conditions.handles(statement.command, (text) => interpolate(text, this.#variables))) continue;
        await this.#runStatement(file, script, statement).catch((error: unknown) => {
          // An error of the server that is fatal ends the connection.
          if (!(error instanceof pg.DatabaseError) || error.severity === 'FATAL') throw error;
          const described = describe(error, file, script, statement);
          if (isOn(this.#variables.get('ON_ERROR_STOP') ?? '')) throw new ScriptError(described);
          this.#output.err(described);
        });
      }
    } catch (error) {
      if (!(error instanceof Quit)) throw error;
    }
  }

  async #runStatement(file: string, script: string, { text, command }: Statement): Promise<void> {
    const [, name = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(command ?? '') ?? [];
    if (command === undefined) return this.#print(await this.#query(text));
    const values = readArguments(rest, this.#variables);
    if (name === 'gset') return this.#setFromRow(text, values[0] ?? '');
    if (name === 'gexec') {
      for (const cell of (await this.#query(text)).rows.flat())
        if (cell !== null) this.#print(await this.#query(cell));
      return;
    }
    if (name === 'g' || name === 'gx') return this.#print(await this.#query(text));
    if (text !== '') throw new ScriptError(`${this.#place}: ERROR:  \\${name} within a statement`);
    return this.#runCommand(name, values, file);
  }

  async #runCommand(name: string, values: readonly string[], file: string): Promise<void> {
    const [first = '', ...others] = values;
    if (name === 'set') this.#variables.set(first, others.join(''));
    else if (name === 'unset') this.#variables.delete(first);
    else if (name === 'echo' || name === 'qecho') this.#output.out(values.join(' '));
    else if (name === 'warn') this.#output.err(values.join(' '));
    else if (name === 'i' || name === 'include') await this.#runFile(resolve(first));
    else if (name === 'ir' || name === 'include_relative') await this.#runFile(resolve(dirname(file), first));
    else if (name === 'q' || name === 'quit') throw new Quit();
    else if (!IGNORED.test(name))
      throw new ScriptError(`${this.#place}: error: psql's command \\${name} is not supported here`);
  }

  async #query(text: string): Promise<pg.QueryArrayResult<(string | null)[]>> {
    if (/^copy\b.*\bfrom\s+stdin\b/is.test(text))
      throw new ScriptError(`${this.#place}: error: COPY FROM STDIN is not supported here; write INSERT`);
    const query = { text: interpolate(text, this.#variables), rowMode: 'array' as const, types: AS_TEXT };
    return this.#client.query<(string | null)[]>(query);
  }

  async #setFromRow(text: string, prefix: string): Promise<void> {
    const { rows, fields } = await this.#query(text);
    const [row] = rows;
    if (row === undefined || rows.length > 1)
      throw new ScriptError(`${this.#place}: error: ${rows.length} rows returned for \\gset`);
    fields.forEach(({ name }, index) => {
      const value = row[index];
      if (value === null || value === undefined) this.#variables.delete(prefix + name);
      else this.#variables.set(prefix + name, value);
    });
  }

  #print({ rows }: pg.QueryArrayResult<(string | null)[]>): void {
    for (const row of rows)
      for (const line of row
        .map((value) => value ?? '')
        .join('|')
        .split('\n'))
        this.#output.out(line);
  }
}

/** An SQL error with file and line, as psql writes it; the line is the one that PostgreSQL points to. */
function describe(error: pg.DatabaseError, file: string, script: string, statement: Statement): string {
  const offset = statement.offset + Math.max(0, Number(error.position ?? 1) - 1);
  const { line } = locate(script, offset);
  const details = [
    ['DETAIL', error.detail],
    ['HINT', error.hint],
    ['CONTEXT', error.where],
  ].flatMap(([label, value]) => (value ? [`${label}:  ${value}`] : []));
  return [`psql:${file}:${line}: ERROR:  ${error.message}`, ...details].join('\n');
}
