import pg from 'pg';
import type { CallerSettings } from '../../explain/facts/explain-database.ts';
import { splitStatements, type Statement } from '../../stack/postgres/sql-script.ts';
import { queryLimited, type LimitedResult } from './limited-query.ts';

/** What the page shows of one statement. */
export interface StatementResult extends LimitedResult {
  readonly text: string;
  readonly milliseconds: number;
  /** Such as `NOTICE: …`. */
  readonly notices: readonly string[];
}

/** PostgreSQL's error. */
export interface SqlFailure {
  readonly message: string;
  readonly code: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  /** Where it happened inside of functions. */
  readonly where?: string | undefined;
  /** Offset in the script, in characters of JavaScript; the statement's own where PostgreSQL names no position. */
  readonly offset?: number;
  /** The statement that failed; undefined where the transaction failed at its end. */
  readonly statement?: string;
}

export interface ScriptOutcome {
  /** One for each statement until the first that failed. */
  readonly results: readonly StatementResult[];
  readonly failure?: SqlFailure;
}

export interface Script {
  readonly sql: string;
  /** Role, claims and search path; they stay when the script ends its transaction itself. */
  readonly settings: CallerSettings;
  /** Show the plan of each statement, which runs for it and is undone. */
  readonly explain: boolean;
  readonly signal: AbortSignal;
}

/** Most rows of one result. */
const MAX_ROWS = 1_000;
const EXPLAIN = 'explain (analyze, buffers, format json) ';

/** Runs statements one after the other in one transaction, which commits when all of them succeed. */
export async function runScript(client: pg.Client, script: Script): Promise<ScriptOutcome> {
  for (const [name, value] of script.settings)
    await client.query('select set_config($1, $2, false)', [name, value]);
  await client.query('begin');
  const results: StatementResult[] = [];
  for (const statement of splitStatements(script.sql)) {
    script.signal.throwIfAborted();
    const failure = await attempt(statement, async () => {
      results.push(await runStatement(client, statement.text, script.explain));
    });
    if (!failure) continue;
    await client.query('rollback');
    return { results, failure };
  }
  const failure = await attempt(undefined, () => client.query(script.explain ? 'rollback' : 'commit'));
  return failure ? { results, failure } : { results };
}

async function attempt(
  statement: Statement | undefined,
  work: () => Promise<unknown>,
): Promise<SqlFailure | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof pg.DatabaseError) return describeFailure(error, statement);
    throw error;
  }
}

async function runStatement(client: pg.Client, text: string, explain: boolean): Promise<StatementResult> {
  const notices: string[] = [];
  const listen = (notice: { severity?: string | undefined; message?: string | undefined }): void =>
    void notices.push(`${notice.severity}: ${notice.message}`);
  client.on('notice', listen);
  const start = performance.now();
  try {
    const result = await queryLimited(client, explain ? EXPLAIN + text : text, MAX_ROWS);
    return { ...result, text, milliseconds: performance.now() - start, notices };
  } catch (error) {
    if (explain && error instanceof pg.DatabaseError && error.position !== undefined)
      error.position = String(Math.max(1, Number(error.position) - EXPLAIN.length));
    throw error;
  } finally {
    client.off('notice', listen);
  }
}

function describeFailure(error: pg.DatabaseError, statement: Statement | undefined): SqlFailure {
  const { message, code = '', detail, hint, where, position } = error;
  const failure = { message, code, detail, hint, where };
  if (!statement) return failure;
  // PostgreSQL counts characters, JavaScript counts UTF-16 units.
  const before = Array.from(statement.text).slice(0, Number(position ?? 1) - 1);
  return { ...failure, statement: statement.text, offset: statement.offset + before.join('').length };
}
