import { rm } from 'node:fs/promises';
import type { GatewayTarget } from '../../gateway/target.ts';
import { errorMessage } from '../../shared/errors.ts';
import { RunningFork, type ForkOptions } from './running-fork.ts';

/** A complete stack of its own in the same PostgreSQL server. */
export interface OpenFork {
  readonly id: string;
  /** Origin of its API. */
  readonly url: string;
  /** Another one after a reset. */
  readonly dbUrl: string;
  /** Where a gateway in this process sends requests, for each of them. */
  target(): GatewayTarget | Promise<GatewayTarget>;
  /** Starts again from migrations and seed, at the same address. @throws SupabaseDevError MIGRATION_FAILED */
  reset(): Promise<void>;
  /** Ends it and deletes its data. */
  close(): Promise<void>;
}

/** Forks that are kept ready. */
const READY = 2;

/** Makes forks, and keeps some ready after the first one, so that the next ones are there at once. */
export class ForkPool {
  readonly #options: ForkOptions;
  #ready: RunningFork[] = [];
  readonly #open = new Map<string, RunningFork>();
  readonly #opening = new Set<Promise<RunningFork>>();
  /** Forks that are being made for the pool, one after the other. */
  #filling: Promise<void> | undefined;
  #cleared: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: ForkOptions) {
    this.#options = options;
  }

  /**
   * A fork with the project's migrations and seed, as the files are now.
   *
   * @throws SupabaseDevError MIGRATION_FAILED
   */
  async take(): Promise<OpenFork> {
    const fork = await this.#take();
    return {
      id: fork.id,
      url: fork.url,
      get dbUrl() {
        return fork.dbUrl;
      },
      target: () => fork.target(),
      reset: async () => void (await this.resetFork(fork.id)),
      close: () => this.closeFork(fork.id),
    };
  }

  /**
   * Starts a fork again from migrations and seed, at the same address: another one answers there.
   *
   * @returns its database; undefined when the fork has ended
   * @throws SupabaseDevError MIGRATION_FAILED; it is as it was
   */
  async resetFork(id: string): Promise<{ readonly dbUrl: string } | undefined> {
    const next = await this.#take();
    const fork = this.#open.get(id);
    if (!fork) {
      await this.closeFork(next.id);
      return undefined;
    }
    this.#open.delete(next.id);
    await fork.become(next);
    return { dbUrl: fork.dbUrl };
  }

  /** Ends a fork; nothing happens when it has ended. */
  async closeFork(id: string): Promise<void> {
    const fork = this.#open.get(id);
    this.#open.delete(id);
    await fork?.close();
  }

  /** Ends all forks. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#filling;
    await Promise.allSettled(this.#opening);
    await Promise.all([...this.#open.keys()].map((id) => this.closeFork(id)));
  }

  async #take(): Promise<RunningFork> {
    const template = await this.#options.services.databases.nameForForks();
    const outdated = this.#ready.filter((fork) => fork.template !== template);
    this.#ready = this.#ready.filter((fork) => fork.template === template);
    for (const { id } of outdated) void this.closeFork(id);
    const fork = this.#ready.shift() ?? (await this.#create());
    this.#fill();
    return fork;
  }

  #fill(): void {
    this.#filling ??= this.#fillUp()
      .catch((error: unknown) => {
        if (!this.#isClosed) this.#options.logger.warn(`Supabase: no fork is ready: ${errorMessage(error)}`);
      })
      .finally(() => {
        this.#filling = undefined;
      });
  }

  async #fillUp(): Promise<void> {
    while (!this.#isClosed && this.#ready.length < READY) this.#ready.push(await this.#create());
  }

  async #create(): Promise<RunningFork> {
    // What a killed process left.
    await (this.#cleared ??= rm(this.#options.folder, { recursive: true, force: true }));
    const opening = RunningFork.open(this.#options);
    this.#opening.add(opening);
    try {
      const fork = await opening;
      this.#open.set(fork.id, fork);
      return fork;
    } finally {
      this.#opening.delete(opening);
    }
  }
}
