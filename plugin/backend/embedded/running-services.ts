import { join } from 'node:path';
import type { GatewayTarget } from '../../gateway/target.ts';
import { Observations } from '../../shared/observations.ts';
import { readExposedSchemas } from '../../stack/config/exposed-schemas.ts';
import { countUnchanged, type Drift, type MigrationState } from '../../stack/postgres/databases/drift.ts';
import type { Snapshot } from '../../stack/postgres/databases/snapshots.ts';
import type { RepairStatus } from '../../stack/postgres/repair.ts';
import type { SeedReport, ServiceName } from '../../stack/service.ts';
import { startServices, type Services, type StartServicesOptions } from '../../stack/services.ts';
import type { SyncResult } from '../backend.ts';
import type { RestoredDumps } from '../../stack/postgres/restore/build-from-dumps.ts';
import type { DumpFile } from '../../stack/postgres/restore/dump-file.ts';
import type { LiveDiff } from '../../stack/postgres/diff/diff-live.ts';
import { ForkPool, type OpenFork } from './fork-pool.ts';
import { StackLog } from './stack-log.ts';
import { createTarget, type UseService } from './service-target.ts';

/** The services, what a gateway needs to reach them, and the changes of their database, one at a time. */
export class RunningServices {
  /** Rejects with the reason of a failed start. */
  readonly started: Promise<Services>;
  readonly observations: Observations;
  /** Absolute path of the data directory. */
  readonly dataDir: string;
  /** What config.toml says that is unknown or without effect here; complete once the services have started. */
  readonly notices: () => string[];
  #target: GatewayTarget | undefined;
  #services: Services | undefined;
  #forks: ForkPool | undefined;
  /** Settles when the services that are closed for a change are open again. */
  #exchanging: Promise<void> | undefined;
  readonly #listeners = new Set<() => void>();
  #turn: Promise<unknown> = Promise.resolve();

  /** What the stack prints. */
  readonly log: StackLog;

  /** @param gatewaySecret by which gateways of other processes reach the forks */
  constructor(options: StartServicesOptions, gatewaySecret: string) {
    const { config, dataDir } = options;
    const observations = options.observations ?? new Observations();
    this.observations = observations;
    this.dataDir = dataDir;
    this.notices = () => config.notices();
    this.log = new StackLog(options.logger, {
      observations,
      databaseUrl: () => this.#services?.database.url,
      exposedSchemas: readExposedSchemas(config.section('api')),
    });
    const { logger } = this.log;
    this.started = startServices({ ...options, logger, observations }).then((services) => {
      this.#services = services;
      this.#forks = new ForkPool({ services, folder: join(dataDir, 'forks'), gatewaySecret, logger });
      const names = Object.keys(services.services) as ServiceName[];
      this.#target = createTarget(services.keys, names, this.#use, options.apiUrl);
      if (!options.ephemeral) services.databases.prepareNext(undefined, undefined, services.preload);
      return services;
    });
  }

  /** For each request; one that comes during the start waits for it. */
  target(): GatewayTarget | Promise<GatewayTarget> {
    return this.#target ?? this.started.then(() => this.current.target);
  }

  get current(): { services: Services; target: GatewayTarget } {
    if (!this.#services || !this.#target) throw new Error('the services have not started');
    return { services: this.#services, target: this.#target };
  }

  /** `#sync`, and its news. @throws as that does */
  async sync(): Promise<SyncResult> {
    const result = await this.#sync();
    if (result.applied.length > 0) this.#reportChange();
    return result;
  }

  /**
   * Brings the database to the project's files: new migrations are applied; when applied ones have changed or are gone, a
   * database is built from all files and takes the place of the old one, with the data that fits.
   *
   * @throws SupabaseDevError MIGRATION_FAILED; the database is as it was
   */
  #sync(): Promise<SyncResult> {
    return this.#inTurn(async ({ databases, files, preload }) => {
      const migrations = await databases.readMigrations();
      const [drift, isChangedByHand] = await Promise.all([
        databases.findDrift(migrations),
        databases.isChangedByHand(),
      ]);
      if (drift.changed.length === 0 && drift.gone.length === 0) {
        const { applied } = await databases.migrate(migrations, isChangedByHand);
        if (applied.length > 0) databases.prepareNext(migrations, undefined, preload);
        return { applied };
      }
      const next = await databases.build(migrations);
      const report = await this.#exchange(next, () =>
        databases.replaceKeepingData(next, () =>
          Promise.all([files.keep('previous'), preload(databases.database(next))]),
        ),
      );
      const isComplete = !isChangedByHand && report.misfits.length === 0 && report.dropped.length === 0;
      const snapshot = isComplete ? undefined : await this.#keepPrevious();
      databases.prepareNext(migrations, countUnchanged(drift, migrations), preload);
      return { applied: [], rebuilt: { ...drift, ...report, isChangedByHand, snapshot } };
    });
  }

  /**
   * Deletes all data and starts again from migrations and seed. What was before is the snapshot "previous".
   *
   * @throws SupabaseDevError MIGRATION_FAILED; everything is as it was
   */
  reset({ seed = true } = {}): Promise<void> {
    return this.#inTurn(async ({ databases, files, preload }) => {
      const migrations = await databases.readMigrations();
      const next = await (seed ? databases.buildSeeded(migrations) : databases.build(migrations));
      await this.#exchange(next, async () => {
        await Promise.all([files.keep('previous'), preload(databases.database(next))]);
        await databases.replace(next);
      });
      databases.prepareNext(migrations, undefined, preload);
    });
  }

  /** A stack of its own on a copy of migrations and seed. @throws SupabaseDevError MIGRATION_FAILED */
  async fork(): Promise<OpenFork> {
    await this.started;
    if (!this.#forks) throw new Error('the services have not started');
    return this.#forks.take();
  }

  /** Starts a fork again, as its `reset` does. @returns its database; undefined when the fork has ended */
  async resetFork(id: string): Promise<{ readonly dbUrl: string } | undefined> {
    return this.#forks?.resetFork(id);
  }

  /** Ends a fork by its id, as its `close` does. */
  async closeFork(id: string): Promise<void> {
    await this.#forks?.closeFork(id);
  }

  /** Keeps database and files under a name. @throws SupabaseDevError USAGE for a name that cannot be one */
  saveSnapshot(name: string): Promise<void> {
    return this.#inTurn(async ({ databases, files }) => {
      await databases.settle();
      await this.#exchange(undefined, () => databases.snapshots.save(name));
      await files.keep(name);
    });
  }

  /**
   * Brings database and files back to a snapshot. What was before is the snapshot "previous".
   *
   * @throws SupabaseDevError SNAPSHOT_MISSING
   */
  restoreSnapshot(name: string): Promise<void> {
    return this.#inTurn(async ({ databases, files, preload }) => {
      const next = await databases.copySnapshot(name);
      await this.#exchange(next, async () => {
        await files.restore(name);
        await Promise.all([files.keep('previous'), preload(databases.database(next))]);
        await databases.replace(next);
      });
    });
  }

  /**
   * Builds the database from dumps, which are files with SQL. What was before is the snapshot "previous".
   *
   * @param paths absolute
   * @throws SupabaseDevError DUMP_UNREADABLE, RESTORE_FAILED, MIGRATION_FAILED; everything is as it was
   */
  async restoreDumps(paths: readonly string[]): Promise<RestoredDumps> {
    // Loaded when they are used, with the library that compares schemas.
    const { readDump } = await import('../../stack/postgres/restore/dump-file.ts');
    const { buildFromDumps } = await import('../../stack/postgres/restore/build-from-dumps.ts');
    const dumps: DumpFile[] = [];
    for (const path of paths) dumps.push(await readDump(path));
    return this.#inTurn(async ({ databases, files }) => {
      const { next, result } = await buildFromDumps(databases, dumps);
      await files.keep('previous');
      await this.#exchange(next, () => databases.replace(next));
      return result;
    });
  }

  /** What was changed in the database without a migration; with a name, as a new one, which counts as applied. */
  async diff(name?: string): Promise<LiveDiff> {
    const { diffLive } = await import('../../stack/postgres/diff/diff-live.ts');
    return this.#inTurn(({ databases }) => diffLive(databases, name));
  }

  listMigrations(): Promise<MigrationState[]> {
    return this.#inTurn(({ databases }) => databases.listMigrations());
  }

  /** How the database differs from the files: by migrations that are not as they were applied, or by hand. */
  findDrift(): Promise<Drift & { readonly isChangedByHand: boolean }> {
    return this.#inTurn(async ({ databases }) => ({
      ...(await databases.findDrift(await databases.readMigrations())),
      isChangedByHand: await databases.isChangedByHand(),
    }));
  }

  /** Changes the record of migrations, and nothing else. @throws SupabaseDevError USAGE */
  repairMigrations(versions: readonly string[], status: RepairStatus): Promise<void> {
    return this.#inTurn(({ databases }) => databases.repairMigrations(versions, status));
  }

  /** Creates the configured buckets and stores their files again. */
  seedBuckets(): Promise<SeedReport> {
    return this.#inTurn(
      async ({ services }) => (await services.storage?.seed?.()) ?? { buckets: [], stored: 0, problems: [] },
    );
  }

  /**
   * Calls `listener` when migrations were applied, and when another database has taken the place of the live one. Returns
   * how to stop it.
   */
  onSchemaChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  listSnapshots(): Promise<Snapshot[]> {
    return this.#inTurn(({ databases }) => databases.snapshots.list());
  }

  /** @throws SupabaseDevError SNAPSHOT_MISSING */
  deleteSnapshot(name: string): Promise<void> {
    return this.#inTurn(async ({ databases, files }) => {
      await databases.snapshots.delete(name);
      await files.remove(name);
    });
  }

  /** Waits for a change that is under way. */
  async stop(): Promise<void> {
    await this.#inTurn(async (services) => {
      await this.log.close();
      await this.#forks?.close();
      await services.stop();
    });
  }

  async #keepPrevious(): Promise<string> {
    const { databases, files } = this.current.services;
    const name = await databases.snapshots.keepPrevious(new Date());
    await files.rename('previous', name);
    for (const excess of await databases.snapshots.findExcess()) {
      await databases.snapshots.delete(excess);
      await files.remove(excess);
    }
    return name;
  }

  /** Requests wait meanwhile; those that have begun end first. If the change fails, nothing is left of `next`. */
  async #exchange<T>(next: string | undefined, change: () => Promise<T>): Promise<T> {
    const { services } = this.current;
    const done = services.exchange(next, change);
    const settled = done.then(
      () => {},
      () => {},
    );
    this.#exchanging = settled;
    try {
      const result = await done;
      if (next !== undefined) {
        this.#reportChange();
        services.databases.dropReplaced();
      }
      return result;
    } catch (error) {
      if (next !== undefined) await services.databases.drop(next).catch(() => {});
      throw error;
    } finally {
      this.#exchanging = undefined;
    }
  }

  #reportChange(): void {
    for (const listener of this.#listeners) listener();
  }

  #inTurn<T>(task: (services: Services) => Promise<T>): Promise<T> {
    const turn = this.#turn.then(async () => task(await this.started));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** At once, or after the change that is under way. */
  readonly #use: UseService = (name, call) => {
    const run = (): void => {
      const service = this.#services?.services[name];
      if (service) call(service);
    };
    return this.#exchanging ? this.#exchanging.then(run) : run();
  };
}
