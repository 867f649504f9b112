import type { Database } from '../database.ts';
import { readMigrations, type MigrationFile } from '../migration-files.ts';
import { recordMigration, type MigrationResult } from '../migrations.ts';
import { hasMigrations, migrateDatabase, prepareSchema, type SchemaOptions } from '../project-schema.ts';
import { repairMigrations, type RepairStatus } from '../repair.ts';
import { readSchemaFiles } from '../schema-files.ts';
import { Background } from './background.ts';
import { rememberSchema } from './by-hand.ts';
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
import { HandChanges } from './hand-changes.ts';
import { BUILD_PREFIX, FORK_PREFIX, PREVIOUS, REPLACED_PREFIX } from './names.ts';
import { withClient, type DatabaseServer } from './server.ts';
import { Snapshots } from './snapshots.ts';
import { Templates, type DatabaseParts } from './templates.ts';

/** The databases of a project: the live one, and those that are built beside it to take its place. */
export class ProjectDatabases {
  readonly #server: DatabaseServer;
  readonly #options: SchemaOptions & { readonly ephemeral: boolean };
  readonly #password: string;
  readonly #templates: Templates;
  readonly snapshots: Snapshots;
  readonly #background: Background;
  readonly #handChanges: HandChanges;
  #atStart: readonly MigrationFile[] = [];

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
    // What a killed process left.
    this.#background = new Background(options.logger, () => this.#dropAll(BUILD_PREFIX, FORK_PREFIX));
    this.#handChanges = new HandChanges({
      live: server.database(),
      provide: async (migrations) => server.database(await this.#templates.provide(migrations)),
      background: this.#background,
      logger: options.logger,
    });
  }

  /** Brings the live database to the project's files, as far as they are new. @throws SupabaseDevError MIGRATION_FAILED */
  async open(): Promise<MigrationResult> {
    const migrations = await this.readMigrations();
    this.#atStart = migrations;
    const { ephemeral } = this.#options;
    let hadChanges: boolean | undefined;
    const prepare = async (): Promise<MigrationResult> => {
      if (!ephemeral) hadChanges = await this.#handChanges.findBefore(migrations);
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
    if (!ephemeral && result.applied.length > 0) await this.#handChanges.reportBefore(migrations, hadChanges);
    else if (!ephemeral) this.#handChanges.report();
    return result;
  }

  /** Whether somebody has changed the schema of the live database without a migration. */
  async isChangedByHand(): Promise<boolean> {
    await this.settle();
    return (await this.#handChanges.find()) ?? false;
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

  /** Changes the record of the live database's migrations, and nothing else. @throws SupabaseDevError USAGE */
  async repairMigrations(versions: readonly string[], status: RepairStatus): Promise<void> {
    const files = await this.readMigrations();
    await withClient(this.#server.database().connection('postgres'), (client) =>
      repairMigrations(client, files, versions, status),
    );
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
    const remember = (): Promise<void> => this.#handChanges.remember(migrations, wasChangedByHand);
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
    this.#background.run(() => this.#dropAll(REPLACED_PREFIX));
  }

  /**
   * Makes the next builds from these files fast. Returns at once.
   *
   * @param files undefined: as they were at the start
   * @param unchanged how many of the first files will stay as they are; undefined: what was ready once is made ready again
   * @param use called with the database that the next `buildSeeded` will return
   */
  prepareNext(
    files: readonly MigrationFile[] | undefined,
    unchanged: number | undefined,
    use: (spare: Database) => Promise<void>,
  ): void {
    this.#background.run(async (isAwaited) => {
      const migrations = files ?? this.#atStart;
      const useSpare = (spare: string): Promise<void> => use(this.database(spare));
      await this.#templates.prepare(migrations, unchanged, { use: useSpare, isAwaited });
    });
  }

  /** Waits for the work in the background. */
  close(): Promise<void> {
    return this.#background.close();
  }

  /** Waits for work that has begun; the first call drops what a killed process left. */
  settle(): Promise<void> {
    return this.#background.settle();
  }

  #dropAll(...prefixes: readonly string[]): Promise<void> {
    return this.#server.administer(async (admin) => {
      for (const prefix of prefixes)
        for (const name of await listDatabases(admin, prefix)) await dropDatabase(admin, name);
    });
  }
}
