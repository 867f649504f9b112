import {
  isDestructiveAction,
  plan,
  renderPlanFiles,
  resolveProfile,
  supabaseProfile,
  type Plan,
} from '@supabase/pg-delta';
import type pg from 'pg';
import type { Database } from '../database.ts';

/** What makes the schema of a database equal to that of another one. */
export interface SchemaDiff {
  /** Scripts to run in this order, each in a transaction of its own; none when the schemas are equal. */
  readonly scripts: readonly string[];
  /** Statements that delete data, and objects that cannot be compared. */
  readonly warnings: readonly string[];
}

/**
 * Compares the schemas of two databases of a project, by `@supabase/pg-delta`: what Supabase itself and its extensions have
 * made does not count.
 *
 * @param from the database that the scripts are for
 */
export async function diffSchemas(from: Database, to: Database): Promise<SchemaDiff> {
  // The superuser sees everything; nothing of the project runs.
  const [before, after] = [from, to].map((database) => database.createPool('supabase_admin', { max: 4 })) as [
    pg.Pool,
    pg.Pool,
  ];
  try {
    const profile = await resolveProfile(before, supabaseProfile);
    const [source, desired] = await Promise.all([profile.extract(before), profile.extract(after)]);
    const changes = plan(source.factBase, desired.factBase, { renames: 'off', ...profile.planOptions });
    const { files } = renderPlanFiles(changes, { allowDrops: true });
    const unknown = desired.diagnostics.filter(({ code }) => code === 'unmodeled_kind');
    return {
      scripts: files.map(({ contents }) => contents),
      warnings: [...findDestructive(changes), ...unknown.map(({ message }) => message)],
    };
  } finally {
    await Promise.all([before.end(), after.end()]);
  }
}

function findDestructive({ actions }: Plan): string[] {
  return actions.filter(isDestructiveAction).map(({ sql }) => `deletes data, or an object: ${sql}`);
}
