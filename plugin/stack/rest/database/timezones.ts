import { runCatalogQueries } from './catalog-query.ts';
import type { RestDatabase } from './rest-database.ts';

/** The names of PostgreSQL's time zones, read when first needed. */
export class Timezones {
  readonly #database: Pick<RestDatabase, 'run'>;
  #names: Promise<ReadonlySet<string>> | undefined;

  constructor(database: Pick<RestDatabase, 'run'>) {
    this.#database = database;
  }

  /** @throws ConnectionError when the names cannot be read; the next call tries again */
  async has(name: string): Promise<boolean> {
    this.#names ??= this.#load();
    try {
      return (await this.#names).has(name);
    } catch (error) {
      this.#names = undefined;
      throw error;
    }
  }

  async #load(): Promise<ReadonlySet<string>> {
    const [zones] = await runCatalogQueries(this.#database, [
      { text: 'SELECT name FROM pg_timezone_names', params: [] },
    ]);
    return new Set(zones?.rows.map(([name]) => name ?? ''));
  }
}
