import pg from 'pg';
import { sourceLocation } from '../../shared/code-frame.ts';
import { errorMessage, SupabaseDevError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { splitStatements, type Statement } from './sql-script.ts';
import { withoutVectorOptions } from './vector-index.ts';
import { adaptToBuild } from './server-statements.ts';
import {
  createdExtension,
  eventTriggerCall,
  extensionCall,
  withEventTriggerCalls,
} from './superuser-statements.ts';

/** How to run the scripts of a project. */
export interface ScriptRules {
  /** Whether the installation is another one than the stack's own, with control files that trust nobody. */
  readonly foreignInstallation: boolean;
  /** Extensions that may be missing: their statement is skipped when this PostgreSQL does not have them. */
  readonly skip: readonly string[];
  /** Name of the database that the scripts run in. */
  readonly database: string;
  readonly logger: Logger;
}

/** A SQL file of the project. */
export interface Script {
  readonly file: string;
  readonly text: string;
  readonly statements: readonly Statement[];
}

export function parseScript(file: string, text: string): Script {
  return { file, text, statements: splitStatements(text) };
}

/** "active_sql_transaction" and "invalid_transaction_termination": the statement wants to be alone. */
const NOT_IN_TRANSACTION = ['25001', '2D000'];

/**
 * Runs a script's statements in one transaction, then `finish`. As in the batch that the Supabase CLI sends, the first
 * statement may be one that runs outside a transaction only, such as `create index concurrently`.
 *
 * @param client connected as role `postgres`
 * @throws SupabaseDevError MIGRATION_FAILED with file, line and SQL error
 */
export async function runScript(
  client: pg.Client,
  script: Script,
  rules: ScriptRules,
  finish: () => Promise<unknown> = async () => {},
): Promise<void> {
  const [first] = script.statements;
  let current: Statement | undefined;
  const run = async (statements: readonly Statement[]): Promise<void> => {
    await client.query('begin');
    for (current of statements) await runStatement(client, current.text, rules);
    current = undefined;
    // Undoes what the script has set: the record and the next script need the connection's original settings.
    await client.query('reset all; reset role; select _stack.check_script()');
    await finish();
    await client.query('commit');
  };
  try {
    await run(script.statements).catch(async (error: unknown) => {
      if (first === undefined || current !== first || !wantsToBeAlone(error)) throw error;
      await client.query('rollback');
      await client.query(withoutVectorOptions(first.text));
      await run(script.statements.slice(1));
    });
  } catch (error) {
    await client.query('rollback').catch(() => {});
    await client.query('reset all; reset role').catch(() => {});
    throw scriptError(error, script, current);
  }
}

function wantsToBeAlone(error: unknown): boolean {
  return error instanceof pg.DatabaseError && NOT_IN_TRANSACTION.includes(error.code ?? '');
}

/** Runs one statement of a project, in the form that role `postgres` needs here. */
export async function runStatement(client: pg.Client, text: string, rules: ScriptRules): Promise<void> {
  const extension = createdExtension(text);
  if (extension !== undefined && rules.skip.includes(extension) && !(await isAvailable(client, extension))) {
    rules.logger.info(`This PostgreSQL has no extension "${extension}"; skipped because of skipExtensions`);
    return;
  }
  const adapted = await adaptToBuild(client, text, rules.database);
  if (adapted === undefined) return;
  const call = eventTriggerCall(text) ?? (rules.foreignInstallation ? extensionCall(text) : undefined);
  if (call) await client.query(call.text, [...call.values]);
  else await client.query(withEventTriggerCalls(withoutVectorOptions(adapted)));
}

async function isAvailable(client: pg.Client, extension: string): Promise<boolean> {
  const { rowCount } = await client.query('select from pg_catalog.pg_available_extensions where name = $1', [
    extension,
  ]);
  return rowCount === 1;
}

function scriptError(error: unknown, script: Script, statement: Statement | undefined): SupabaseDevError {
  const { file, text } = script;
  const sqlState = error instanceof pg.DatabaseError ? error : undefined;
  // PostgreSQL's position counts characters from 1, within the statement.
  const offset = (statement?.offset ?? 0) + Math.max(0, Number(sqlState?.position ?? 1) - 1);
  const location = sourceLocation(file, text, offset);
  const details = [sqlState?.detail, sqlState?.where].filter(Boolean).join('\n');
  const message = `${file}:${location.line}:${location.column}: ${errorMessage(error)}${sqlState?.code ? ` (SQLSTATE ${sqlState.code})` : ''}`;
  return new SupabaseDevError('MIGRATION_FAILED', details ? `${message}\n${details}` : message, {
    hint: hintFor(sqlState),
    cause: error,
    location,
  });
}

function hintFor(error: pg.DatabaseError | undefined): string {
  const missing =
    /extension "([^"]+)" is not available|could not open extension control file ".*\/([^/"]+)\.control"/.exec(
      error?.message ?? '',
    );
  if (missing) {
    const name = missing[1] ?? missing[2];
    return (
      `The embedded PostgreSQL has no extension "${name}". Skip it with skipExtensions: ['${name}'] (command: --skip-extensions ${name}), ` +
      `run another installation that has it with postgres.binDir (in vite.config: embedded: { postgres: { binDir: '/usr/lib/postgresql/17/bin' } }; ` +
      `command: --bin-dir), or use Docker (backend: 'local').`
    );
  }
  return error?.hint ?? 'Correct the file and save it; earlier migrations stay applied.';
}
