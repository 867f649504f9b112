import type { Explainer } from '../../explain/explainer.ts';
import { settingsOfCaller } from '../../explain/facts/caller.ts';
import type { ReadSession } from '../../explain/facts/explain-database.ts';
import { explainNoRows, explainSql } from '../../explain/sql.ts';
import type { DatabaseCaller } from '../../shared/observations.ts';
import { InvalidChange, type Change } from '../change.ts';
import { databaseUrl, withConnection } from '../connection.ts';
import { callerFor } from '../tables.ts';
import { runScript, type StatementResult } from './run-script.ts';

/**
 * `POST sql`: runs `sql` as `as` (a role, or the id of a user; by default postgres) in one transaction.
 * With `explain`, returns plans instead, and undoes what the statements changed. A page that stops waiting cancels.
 */
export const runSql: Change = async ({ sql, as = 'postgres', explain = false }, { options, signal }) => {
  if (typeof sql !== 'string' || typeof as !== 'string')
    throw new InvalidChange('sql and as are needed, as texts');
  databaseUrl(options);
  const { explainer } = options.terminal;
  const caller = await explainer.read((session) => callerFor(session, as));
  if (caller === null) throw new InvalidChange(`There is no user ${as}`);
  const settings = caller ? settingsOfCaller(caller) : [];
  const { failure, ...outcome } = await withConnection(options, async (client) => {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const cancel = (): void => {
      explainer
        .read((session) => session.rows('select pg_cancel_backend($1)', [rows[0]?.pid]))
        .catch(() => {});
    };
    signal.addEventListener('abort', cancel, { once: true });
    try {
      return await runScript(client, { sql, settings, explain: explain === true, signal });
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  });
  if (!failure)
    return { results: caller ? await explainEmpty(explainer, outcome.results, caller) : outcome.results };
  const explanation = await explainer
    .read((session) => explainSql(session, failure, caller ?? POSTGRES))
    .catch(() => undefined);
  return { ...outcome, failure, explanation };
};

const MAX_EXPLAINED = 5;

/** Adds why the first statements of a role or user that found nothing did so. */
function explainEmpty(
  explainer: Explainer,
  results: readonly StatementResult[],
  caller: DatabaseCaller,
): Promise<unknown> {
  const empty = results.filter(({ count, command }) => count === 0 && command !== 'EXPLAIN');
  const explain = async (session: ReadSession): Promise<unknown> => {
    const causes = new Map<StatementResult, unknown>();
    for (const result of empty.slice(0, MAX_EXPLAINED))
      causes.set(result, await explainNoRows(session, result.text, caller));
    return results.map((result) => ({ ...result, explanation: causes.get(result) }));
  };
  // The statements are committed: what they returned is shown, explained or not.
  return explainer.read(explain).catch(() => results);
}

const POSTGRES = { role: 'postgres', claims: {} };
