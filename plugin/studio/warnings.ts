import { join } from 'node:path';
import type { Explanation } from '../explain/explanation.ts';
import type { ReadSession } from '../explain/facts/explain-database.ts';
import { publishedTables } from '../explain/facts/publication.ts';
import { quoteIfNeeded } from '../explain/facts/quote.ts';
import { silentLogger } from '../shared/logger.ts';
import type { RealtimeState } from '../shared/observations.ts';
import { describeDrift, findDrift, type AppliedMigration } from '../stack/postgres/databases/drift.ts';
import { readMigrations } from '../stack/postgres/migration-files.ts';
import type { Read } from './read.ts';

/** What is wrong now, beyond the advisors' rules: migrations that drifted, and subscriptions that receive nothing. */
export const listWarnings: Read = (_query, { backend, terminal, root }) => {
  if (backend.databaseUrl?.() === undefined) return Promise.resolve([]);
  return terminal.explainer.read(async (session) => [
    ...(await warnOfDrift(session, root)),
    ...warnOfSubscriptions(backend.observations.realtime(), await publishedTables(session)),
  ]);
};

async function warnOfDrift(session: ReadSession, root: string): Promise<Explanation[]> {
  const applied = await session.attempt([], {
    text: 'select version, name, statements from supabase_migrations.schema_migrations order by version',
    params: [],
  });
  // Another program may keep its own list of migrations.
  if ('error' in applied) return [];
  const files = await readMigrations(join(root, 'supabase'), silentLogger);
  const drift = findDrift(applied.rows as unknown as AppliedMigration[], files);
  const cause = describeDrift(drift);
  if (cause === undefined) return [];
  return [{ kind: 'migrations-drifted', subject: 'supabase/migrations', level: 'problem', cause, cure: '' }];
}

function warnOfSubscriptions(state: RealtimeState | undefined, published: readonly string[]): Explanation[] {
  const channels = state?.sockets.flatMap(({ channels }) => channels) ?? [];
  const tables = channels
    .flatMap(({ subscriptions }) => subscriptions)
    .filter(({ table, schema }) => table !== '*' && schema !== '*')
    .map(({ schema, table }) => ({ schema, table }));
  const missing = new Map(
    tables
      .filter(({ schema, table }) => !published.includes(`${schema}.${table}`))
      .map(({ schema, table }) => [`${schema}.${table}`, `${quoteIfNeeded(schema)}.${quoteIfNeeded(table)}`]),
  );
  return [...missing].map(([subject, name]) => ({
    kind: 'subscribed-unpublished',
    subject,
    level: 'problem',
    cause: `A page is subscribed to changes of ${subject}, which is not in the publication supabase_realtime: it receives nothing.`,
    cure: 'Add the table to the publication in a migration.',
    code: `alter publication supabase_realtime add table ${name};`,
  }));
}
