import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseOperations } from '@supabase/mcp-server-supabase/platform';
import type { SyncResult } from '../../backend/backend.ts';
import type { MigrationState } from '../../stack/postgres/databases/drift.ts';
import { writeMigration } from '../../stack/postgres/migration-files.ts';
import { databaseOf, type FindProject } from '../project.ts';
import { runSql } from '../run-sql.ts';

export function databaseOperations(find: FindProject): DatabaseOperations {
  return {
    async executeSql<T>(_project: string, options: Parameters<DatabaseOperations['executeSql']>[1]) {
      const { query, parameters, read_only: isReadOnly = false } = options;
      return runSql<T>(databaseOf(await find()), { query, parameters, isReadOnly });
    },
    async listMigrations() {
      const states = (await (await find()).request('migration list')) as MigrationState[];
      return states.filter(({ state }) => state !== 'new').map(({ version, name }) => ({ version, name }));
    },
    /** Writes a migration's file and applies it, as saving it does: the database stays equal to its files. */
    async applyMigration(_project, { name, query }) {
      const project = await find();
      const { file, version } = await writeMigration(
        join(project.root, 'supabase'),
        fileName(name),
        withLineFeed(query),
      );
      try {
        const { applied, rebuilt } = (await project.request('sync')) as SyncResult;
        // The dev server may have been faster: it watches the folder.
        const states = (await project.request('migration list')) as MigrationState[];
        const isApplied = states.some((one) => one.version === version && one.state === 'applied');
        if (!rebuilt && !applied.includes(version) && !isApplied)
          throw new Error('the migration has no statement');
      } catch (error) {
        await rm(file, { force: true });
        throw error;
      }
    },
  };
}

/** A name that files have on all systems. */
function fileName(name: string): string {
  return name.replaceAll(/[^\w-]+/g, '_').slice(0, 100) || 'migration';
}

function withLineFeed(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
