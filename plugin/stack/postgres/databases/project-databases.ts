import type pg from 'pg';
import { errorMessage } from '../../../shared/errors.ts';
import type { Database } from '../database.ts';
import { readMigrations, type MigrationFile } from '../migration-files.ts';
import { recordMigration, type MigrationResult } from '../migrations.ts';
import { hasMigrations, migrateDatabase, prepareSchema, type SchemaOptions } from '../project-schema.ts';
import { readSchemaFiles } from '../schema-files.ts';
import { isChangedByHand, readRemembered, remember, rememberSchema } from './by-hand.ts';
import { dropDatabase, listDatabases } from './clone.ts';
import { copyData, type CopyReport } from './copy/copy-data.ts';
import {
  describeDrift,
  findDrift,
  listStates,
  readApplied,
  type AppliedMigration,
  type Drift,
  type MigrationState,
} from './drift.ts';
import { exchange, exchangeWith, isMissingDatabase, restoreName } from './exchange.ts';
import { BUILD_PREFIX, FORK_PREFIX, PREVIOUS, REPLACED_PREFIX } from './names.ts';
import { withClient, type DatabaseServer } from './server.ts';
import { Snapshots } from './snapshots.ts';
import { Templates, type DatabaseParts } from './templates.ts';

const BY_HAND =
  'The schema of the database was changed without a migration. Write one (npx vite-plugin-supabase db diff -f NAME), or ' +
  'build the database from its files: npx vite-plugin-supabase db reset';

/** The databases of a project: the live one, and those that are built beside it to take its place. */
export class ProjectDatabases {
  readonly #server: DatabaseServer;
  readonly #options: SchemaOptions & { readonly ephemeral: boolean };
  readonly #password: string;
  readonly #templates: Templates;
  readonly snapshots: Snapshots;
  /** Work that nobody waits for. */
  #background: Promise<void> = Promise.resolve();
  #swept: Promise<void> | undefined;
  #isClosed = false;

  constructor(
    server: DatabaseServer,
    options: SchemaOptions & { readonly ephemeral: boolean },
    password: string,
  ) {
    this.#server = server;
    this.#options = options;
    this.#password = password;
    this.#templates = new Templates(server, options, password, options.ephemeral ? 'file_copy' : 'wal_log');
    this.snapshots = new Snapshots(server, this.#templates);
  }

  /** Brings the live database to the project's files, as far as they are new. @throws SupabaseDevError MIGRATION_FAILED */
  async open(): Promise<MigrationResult> {
    const migrations = await this.readMigrations();
    let wasChangedByHand: boolean | undefined;
    const prepare = async (): Promise<MigrationResult> => {
      if (!this.#options.ephemeral) wasChangedByHand = await this.#isChangedBefore(migrations);
      return prepareSchema(this.#server.database(), this.#options, this.#password, {
        migrations,
        seed: true,
      });
    };
    const result = await prepare().catch(async (error: unknown) => {
      if (!isMissingDatabase(error)) throw error;
      // The server was killed in the middle of an exchange.
      await restoreName(this.#server);
      return prepare();
    });
    const drift = describeDrift(result.drift);
    if (drift !== undefined) this.#options.logger.warn(drift);
    if (!this.#options.ephemeral) await this.#compareSchema(result, migrations, wasChangedByHand);
    return result;
  }

  /** Before the migrations of a start hide it: whether somebody has changed the schema by hand. Undefined without new ones. */
  #isChangedBefore(migrations: readonly MigrationFile[]): Promise<boolean | undefined> {
    return this.#administer(async (admin) => {
      const { rows } = await admin.query<{ exists: boolean }>(
        `select to_regclass('_stack.applied') is not null and to_regclass('supabase_migrations.schema_files') is not null as exists`,
      );
      if (rows[0]?.exists !== true) return undefined;
      const known = new Set((await readApplied(admin)).map(({ version }) => version));
      return migrations.every(({ version }) => known.has(version)) ? undefined : isChangedByHand(admin);
    });
  }

  /**
   * At a start: remembers the schema if this start has changed it, and otherwise finds out, in the background, whether
   * somebody has done so by hand.
   */
  async #compareSchema(
    { applied }: MigrationResult,
    migrations: readonly MigrationFile[],
    wasChangedByHand = false,
  ): Promise<void> {
    if (wasChangedByHand) {
      this.#options.logger.warn(BY_HAND);
      this.#rememberFiles(migrations);
    } else if (applied.length > 0) await this.#administer(rememberSchema);
    else
      this.#inBackground(() =>
        this.#administer(async (admin) => {
          const isChanged = await isChangedByHand(admin);
          if (isChanged === undefined) await rememberSchema(admin);
          else if (isChanged) this.#options.logger.warn(BY_HAND);
        }),
      );
  }

  /** Whether somebody has changed the schema of the live database without a migration. */
  async isChangedByHand(): Promise<boolean> {
    await this.settle();
    return (await this.#administer(isChangedByHand)) ?? false;
  }

  /** Uses the live database as the superuser. */
  #administer<T>(use: (admin: pg.Client) => Promise<T>): Promise<T> {
    return withClient(this.#server.database().connection('supabase_admin'), use);
  }

  /** The project's migrations as they are now; without one, the files that declare its schema. */
  async readMigrations(): Promise<MigrationFile[]> {
    const { config, logger } = this.#options;
    if (!hasMigrations(config)) return [];
    const migrations = await readMigrations(config.supabaseDir, logger);
    return migrations.length > 0 ? migrations : readSchemaFiles(config);
  }

  /** Applied migrations whose files have changed or are gone. */
  async findDrift(migrations: readonly MigrationFile[]): Promise<Drift> {
    return findDrift(await this.#readApplied(), migrations);
  }

  /** The migrations of the folder and of the live database, by version. */
  async listMigrations(): Promise<MigrationState[]> {
    return listStates(await this.#readApplied(), await this.readMigrations());
  }

  #readApplied(): Promise<AppliedMigration[]> {
    return withClient(this.#server.database().connection('postgres'), readApplied);
  }

  /**
   * Applies new migrations to the live database.
   *
   * @param wasChangedByHand what `isChangedByHand` said before
   * @throws SupabaseDevError MIGRATION_FAILED; those before it stay applied
   */
  async migrate(migrations: readonly MigrationFile[], wasChangedByHand: boolean): Promise<MigrationResult> {
    const remember = async (): Promise<void> => {
      if (wasChangedByHand) this.#rememberFiles(migrations);
      else await this.#administer(rememberSchema);
    };
    const result = await migrateDatabase(this.#server.database(), this.#options, migrations).catch(
      async (error: unknown) => {
        await remember();
        throw error;
      },
    );
    if (result.applied.length > 0) await remember();
    return result;
  }

  /**
   * Remembers the schema that the files make, in the background: that of the live database may have changes by hand, or the
   * migration that was missing has been written.
   */
  #rememberFiles(migrations: readonly MigrationFile[]): void {
    this.#inBackground(async () => {
      const template = await this.#templates.provide(migrations).catch(() => undefined);
      if (template === undefined) return;
      const admin = this.database(template).connection('supabase_admin');
      const schema = await withClient(admin, readRemembered);
      if (schema !== undefined) await this.#administer((live) => remember(live, schema));
    });
  }

  /**
   * Builds a database from the files, beside the live one.
   *
   * @returns its name; `replace` or `drop` it
   * @throws SupabaseDevError MIGRATION_FAILED
   */
  async build(migrations: readonly MigrationFile[]): Promise<string> {
    await this.settle();
    return this.#templates.build(migrations);
  }

  /** The same with the seed. */
  async buildSeeded(migrations: readonly MigrationFile[]): Promise<string> {
    await this.settle();
    return this.#templates.buildSeeded(migrations);
  }

  /** A copy of a snapshot, for `replace`. @throws SupabaseDevError SNAPSHOT_MISSING */
  async copySnapshot(name: string): Promise<string> {
    await this.settle();
    return this.snapshots.copy(name);
  }

  /** What else builds and compares databases of this server. */
  get parts(): DatabaseParts {
    return { server: this.#server, templates: this.#templates, options: this.#options };
  }

  /** Records migrations whose result the live database has. */
  async record(migrations: readonly MigrationFile[]): Promise<void> {
    const live = this.#server.database();
    await withClient(live.connection('postgres'), async (client) => {
      for (const migration of migrations) await recordMigration(client, migration);
    });
    await withClient(live.connection('supabase_admin'), rememberSchema);
  }

  /** The template that `copyForFork` copies; another one when the files have changed. */
  async nameForForks(): Promise<string> {
    return this.#templates.nameSeeded(await this.readMigrations());
  }

  /**
   * A database with migrations and seed that stays beside the live one, until it is dropped.
   *
   * @throws SupabaseDevError MIGRATION_FAILED
   */
  async copyForFork(): Promise<{ readonly template: string; readonly database: Database }> {
    await this.settle();
    const template = await this.#templates.provideSeeded(await this.readMigrations());
    return { template, database: this.#server.database(await this.#templates.copy(template, FORK_PREFIX)) };
  }

  /** Connections to a database by its name. */
  database(name: string): Database {
    return this.#server.database(name);
  }

  drop(name: string): Promise<void> {
    return this.#templates.drop(name);
  }

  /** Puts a built database in the place of the live one. Nobody may be connected whose work should not be lost. */
  replace(next: string): Promise<void> {
    return exchange(this.#server, next);
  }

  /** The same with the data that fits, and `meanwhile`. If one of them fails, the live database stays. */
  replaceKeepingData(next: string, meanwhile: () => Promise<unknown>): Promise<CopyReport> {
    return exchangeWith(this.#server, next, async () => {
      const [report] = await Promise.all([copyData(this.#server, PREVIOUS, next), meanwhile()]);
      return report;
    });
  }

  /** Drops what was "previous" before the last exchange. Returns at once. */
  dropReplaced(): void {
    this.#inBackground(() => this.#dropAll(REPLACED_PREFIX));
  }

  /**
   * Makes the next builds from these files fast. Returns at once.
   *
   * @param files undefined: as they are now
   * @param unchanged how many of the first files will stay as they are; undefined: what was ready once is made ready again
   * @param use called with the database that the next `buildSeeded` will return
   */
  prepareNext(
    files: readonly MigrationFile[] | undefined,
    unchanged: number | undefined,
    use: (spare: Database) => Promise<void>,
  ): void {
    this.#inBackground(async () => {
      if (this.#isClosed) return;
      const migrations = files ?? (await this.readMigrations());
      await this.#templates.prepare(migrations, unchanged, (spare) => use(this.database(spare)));
    });
  }

  /** Waits for the work in the background. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#background;
  }

  /** Waits for work that has begun; the first call drops what a killed process left. */
  async settle(): Promise<void> {
    await this.#background;
    this.#swept ??= this.#dropAll(BUILD_PREFIX, FORK_PREFIX);
    await this.#swept;
  }

  #dropAll(...prefixes: readonly string[]): Promise<void> {
    return this.#server.administer(async (admin) => {
      for (const prefix of prefixes)
        for (const name of await listDatabases(admin, prefix)) await dropDatabase(admin, name);
    });
  }

  #inBackground(work: () => Promise<unknown>): void {
    this.#background = this.settle()
      .then(work)
      .then(
        () => {},
        (error: unknown) => {
          this.#options.logger.warn(`Supabase: ${errorMessage(error)}`);
        },
      );
  }
}
