import type { RestDatabase } from './rest-database.ts';
import type { Rows, Statement } from './transaction.ts';

/**
 * Runs queries of the service's own, outside of any request, in one read-only transaction.
 *
 * @param before statements to run first, such as a `SET LOCAL`
 */
export function runCatalogQueries(
  database: Pick<RestDatabase, 'run'>,
  statements: readonly Statement[],
  before: readonly Statement[] = [],
): Promise<Rows[]> {
  return database.run({
    isolationLevel: 'read committed',
    readOnly: true,
    before,
    statements,
    end: 'commit',
    prepare: false,
  });
}
