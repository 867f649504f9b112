import type pg from 'pg';
import type { Logger } from '../../../shared/logger.ts';
import type { Database } from '../database.ts';
import type { MigrationFile } from '../migration-files.ts';
import type { Background } from './background.ts';
import { isChangedByHand, readRemembered, remember, rememberSchema } from './by-hand.ts';
import { readApplied } from './drift.ts';
import { withClient } from './server.ts';

const BY_HAND =
  'The schema of the database was changed without a migration. Write one (npx vite-plugin-supabase db diff -f NAME), or ' +
  'build the database from its files: npx vite-plugin-supabase db reset';

interface HandChangesOptions {
  readonly live: Database;
  /** A database that is made from these files alone. */
  readonly provide: (migrations: readonly MigrationFile[]) => Promise<Database>;
  readonly background: Background;
  readonly logger: Logger;
}

/** Knows which schema the files have given to the live database, and whether somebody has changed it without them. */
export class HandChanges {
  readonly #options: HandChangesOptions;

  constructor(options: HandChangesOptions) {
    this.#options = options;
  }

  /** Whether there are changes now. Undefined when nothing is remembered. */
  find(): Promise<boolean | undefined> {
    return this.#administer(isChangedByHand);
  }

  /** The same before the migrations of a start hide them. Undefined without new ones, too. */
  findBefore(migrations: readonly MigrationFile[]): Promise<boolean | undefined> {
    return this.#administer(async (admin) => {
      const { rows } = await admin.query<{ exists: boolean }>(
        `select to_regclass('_stack.applied') is not null and to_regclass('supabase_migrations.schema_files') is not null as exists`,
      );
      if (rows[0]?.exists !== true) return undefined;
      const known = new Set((await readApplied(admin)).map(({ version }) => version));
      return migrations.every(({ version }) => known.has(version)) ? undefined : isChangedByHand(admin);
    });
  }

  /** After a start that has applied no migration: looks for changes in the background, and names them. */
  report(): void {
    this.#options.background.run(() =>
      this.#administer(async (admin) => {
        const isChanged = await isChangedByHand(admin);
        if (isChanged === undefined) await rememberSchema(admin);
        else if (isChanged) this.#options.logger.warn(BY_HAND);
      }),
    );
  }

  /** After a start that has applied migrations. @param had what `findBefore` said */
  async reportBefore(migrations: readonly MigrationFile[], had: boolean | undefined): Promise<void> {
    if (had === true) this.#options.logger.warn(BY_HAND);
    await this.remember(migrations, had ?? false);
  }

  /**
   * Remembers the schema after migrations. With changes before them it is that of the files, which is found in the
   * background: one of the migrations may be what was missing.
   */
  async remember(migrations: readonly MigrationFile[], hadChanges: boolean): Promise<void> {
    if (!hadChanges) return this.#administer(rememberSchema);
    const { background, provide } = this.#options;
    background.run(async () => {
      const made = await provide(migrations).catch(() => undefined);
      const schema = made && (await withClient(made.connection('supabase_admin'), readRemembered));
      if (schema !== undefined) await this.#administer((admin) => remember(admin, schema));
    });
  }

  #administer<T>(use: (admin: pg.Client) => Promise<T>): Promise<T> {
    return withClient(this.#options.live.connection('supabase_admin'), use);
  }
}
