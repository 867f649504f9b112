import {
  plan,
  renderPlanFiles,
  resolveProfile,
  supabasePolicy,
  supabaseProfile,
  type IntegrationProfile,
} from '@supabase/pg-delta';
import type pg from 'pg';
import type { Database } from '../database.ts';

/** Also the policies that a project adds to the tables of Supabase, of which the published profile keeps the triggers only. */
const PROFILE: IntegrationProfile = {
  ...supabaseProfile,
  policy: {
    ...supabasePolicy,
    filter: [
      {
        match: { all: [{ kind: 'policy' }, { schema: ['auth', 'realtime', 'storage'] }] },
        action: 'include',
      },
      ...(supabasePolicy.filter ?? []),
    ],
  },
};

/** What makes the schema of a database equal to that of another one. */
export interface SchemaDiff {
  /** Scripts to run in this order, each in a transaction of its own; none when the schemas are equal. */
  readonly scripts: readonly string[];
  /** The statements of the scripts. */
  readonly statements: readonly string[];
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
    const profile = await resolveProfile(before, PROFILE);
    const [source, desired] = await Promise.all([profile.extract(before), profile.extract(after)]);
    const changes = plan(source.factBase, desired.factBase, { renames: 'off', ...profile.planOptions });
    const { files } = renderPlanFiles(changes, { allowDrops: true });
    const known = source.diagnostics.map(({ message }) => message);
    const unknown = desired.diagnostics
      .filter(({ code, message }) => code === 'unmodeled_kind' && !known.includes(message))
      .map(({ message }) => message);
    const deleting = changes.actions
      .filter(({ dataLoss }) => dataLoss === 'destructive')
      .map(({ sql }) => `it deletes data: ${sql}`);
    return {
      scripts: files.map(({ contents }) => contents),
      statements: changes.actions.map(({ sql }) => sql),
      warnings: [...deleting, ...unknown],
    };
  } finally {
    await Promise.all([before.end(), after.end()]);
  }
}
