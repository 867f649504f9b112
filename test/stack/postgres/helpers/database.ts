import { join } from 'node:path';
import pg from 'pg';
import { afterEach } from 'vitest';
import { silentLogger } from '../../../../plugin/shared/logger.ts';
import { loadConfig } from '../../../../plugin/stack/config/config.ts';
import { startPostgres, type Postgres } from '../../../../plugin/stack/postgres/postgres.ts';
import { makeProject, type TestProject } from '../../../helpers/project.ts';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

/** A running PostgreSQL with Supabase's schema, without the services. It ends with the test. */
export interface TestDatabase {
  readonly postgres: Postgres;
  readonly warnings: readonly string[];
  /** Runs SQL as role `postgres`. */
  readonly rows: (sql: string) => Promise<Record<string, unknown>[]>;
  /** Stops and starts again on the same data. */
  readonly restart: () => Promise<TestDatabase>;
}

/** @param files the project's files: path below its root → text */
export async function startDatabase(files: Readonly<Record<string, string>> = {}): Promise<TestDatabase> {
  const project = await makeProject(files);
  cleanUps.push(() => project.remove());
  return startIn(project);
}

async function startIn(project: TestProject): Promise<TestDatabase> {
  const warnings: string[] = [];
  const postgres = await startPostgres({
    config: await loadConfig(project.root),
    dataDir: join(project.root, '.supabase'),
    port: { exact: 0 },
    ephemeral: true,
    schemaDirs: [],
    logger: { ...silentLogger, warn: (text) => warnings.push(text) },
  });
  cleanUps.push(() => postgres.stop(false));
  const rows = async (sql: string): Promise<Record<string, unknown>[]> => {
    const client = new pg.Client(postgres.database.url);
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  };
  const restart = async (): Promise<TestDatabase> => {
    await postgres.stop(false);
    return startIn(project);
  };
  return { postgres, warnings, rows, restart };
}
