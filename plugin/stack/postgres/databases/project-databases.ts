import { errorMessage } from '../../../shared/errors.ts';
import type { Database } from '../database.ts';
import { readMigrations, type MigrationFile } from '../migration-files.ts';
import { recordMigration, type MigrationResult } from '../migrations.ts';
import { hasMigrations, migrateDatabase, prepareSchema, type SchemaOptions } from '../project-schema.ts';
import { isChangedByHand, rememberSchema } from './by-hand.ts';
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
import { BUILD_PREFIX, FORK_PREFIX, LIVE, PREVIOUS } from './names.ts';
import { adoptName } from './own-name.ts';
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
    const prepare = (): Promise<MigrationResult> =>
      prepareSchema(this.#server.database(), this.#options, this.#password, { migrations, seed: true });
    const result = await prepare().catch(async (error: unknown) => {
      if (!isMissingDatabase(error)) throw error;
      // The server was killed in the middle of an exchange.
      await restoreName(this.#server);
      return prepare();
    });
    const drift = describeDrift(result.drift);
    if (drift !== undefined) this.#options.logger.warn(drift);
    if (!this.#options.ephemeral) this.#inBackground(() => this.#compareSchema(result));
    return result;
  }

  /** After a start: whether somebody has changed the schema by hand. */
  async #compareSchema({ applied, drift }: MigrationResult): Promise<void> {
    const isNew = applied.length > 0 && drift.changed.length === 0 && drift.gone.length === 0;
    const isChanged = isNew ? undefined : await this.#isChangedByHand();
    if (isChanged === true) this.#options.logger.warn(BY_HAND);
    // What is remembered already stays: the project may have been changed since the comparison.
    if (isChanged === undefined) await this.#rememberSchema();
  }

  /** Whether somebody has changed the schema of the live database without a migration. */
  async isChangedByHand(): Promise<boolean> {
    await this.settle();
    return (await this.#isChangedByHand()) ?? false;
  }

  #isChangedByHand(): Promise<boolean | undefined> {
    return withClient(this.#server.database().connection('supabase_admin'), isChangedByHand);
  }

  #rememberSchema(): Promise<void> {
    return withClient(this.#server.database().connection('supabase_admin'), rememberSchema);
  }

  /** The project's migrations as they are now. */
  async readMigrations(): Promise<MigrationFile[]> {
    const { config, logger } = this.#options;
    return hasMigrations(config) ? readMigrations(config.supabaseDir, logger) : [];
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

  /** Applies new migrations to the live database. @throws SupabaseDevError MIGRATION_FAILED */
  async migrate(migrations: readonly MigrationFile[]): Promise<MigrationResult> {
    const result = await migrateDatabase(this.#server.database(), this.#options, migrations);
    if (result.applied.length > 0) this.#inBackground(() => this.#rememberSchema());
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
    return this.makeReady(await this.#templates.build(migrations));
  }

  /** The same with the seed. */
  async buildSeeded(migrations: readonly MigrationFile[]): Promise<string> {
    await this.settle();
    return this.makeReady(await this.#templates.clone(await this.#templates.provideSeeded(migrations)));
  }

  /** A copy of a snapshot, for `replace`. @throws SupabaseDevError SNAPSHOT_MISSING */
  async copySnapshot(name: string): Promise<string> {
    await this.settle();
    const copy = await this.snapshots.copy(name);
    // "previous" itself may be restored.
    return this.makeReady(copy);
  }

  /** What else builds and compares databases of this server. */
  get parts(): DatabaseParts {
    return { server: this.#server, templates: this.#templates, options: this.#options };
  }

  /** Records migrations whose result the live database has. */
  async record(migrations: readonly MigrationFile[]): Promise<void> {
    await withClient(this.#server.database().connection('postgres'), async (client) => {
      for (const migration of migrations) await recordMigration(client, migration);
    });
    this.#inBackground(() => this.#rememberSchema());
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

  drop(name: string): Promise<void> {
    return this.#templates.drop(name);
  }

  /** Puts a built database in the place of the live one. Nobody may be connected whose work should not be lost. */
  async replace(next: string): Promise<void> {
    await exchange(this.#server, next);
    this.#inBackground(() => this.#rememberSchema());
  }

  /** The same with the data that fits. If that fails, the live database stays. */
  async replaceKeepingData(next: string): Promise<CopyReport> {
    const report = await exchangeWith(this.#server, next, () => copyData(this.#server, PREVIOUS, next));
    this.#inBackground(() => this.#rememberSchema());
    return report;
  }

  /** Makes the next build fast, in which the first `unchanged` of the files stay as they are. Returns at once. */
  prepareNext(migrations: readonly MigrationFile[], unchanged: number): void {
    this.#inBackground(async () => this.#isClosed || this.#templates.prepare(migrations, unchanged));
  }

  /** Makes the next `buildSeeded` of these files fast. Returns at once. */
  prepareReset(migrations: readonly MigrationFile[]): void {
    this.#inBackground(async () => this.#templates.stock(await this.#templates.provideSeeded(migrations)));
  }

  /** Waits for the work in the background. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#background;
  }

  /** Waits for work that has begun; the first call drops what a killed process left. */
  async settle(): Promise<void> {
    await this.#background;
    this.#swept ??= this.#server.administer(async (admin) => {
      for (const prefix of [BUILD_PREFIX, FORK_PREFIX])
        for (const name of await listDatabases(admin, prefix)) await dropDatabase(admin, name);
    });
    await this.#swept;
  }

  /** Does for a built database, before the exchange, what need not be done in it. Returns its name. */
  async makeReady(next: string): Promise<string> {
    await adoptName(this.#server.database(next), next, LIVE);
    await this.#templates.drop(PREVIOUS);
    return next;
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
