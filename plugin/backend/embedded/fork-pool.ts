import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Gateway } from '../../gateway/gateway.ts';
import { listen, portOf, serveGateway } from '../../gateway/listen.ts';
import { errorMessage } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import type { ServiceName } from '../../stack/service.ts';
import type { Services } from '../../stack/services.ts';
import { createTarget } from './service-target.ts';

/** A complete stack of its own in the same PostgreSQL server. */
export interface OpenFork {
  /** Origin of its API. */
  readonly url: string;
  readonly dbUrl: string;
  /** Ends it and deletes its data. */
  close(): Promise<void>;
}

interface ReadyFork extends OpenFork {
  /** Name of the template that its database is a copy of. */
  readonly template: string;
}

/** Forks that are kept ready. */
const READY = 2;

/** Makes forks, and keeps some ready after the first one, so that the next ones are there at once. */
export class ForkPool {
  readonly #services: Services;
  readonly #folder: string;
  readonly #logger: Logger;
  #ready: ReadyFork[] = [];
  readonly #open = new Set<OpenFork>();
  /** Forks that are being made for the pool, one after the other. */
  #filling: Promise<void> | undefined;
  #cleared: Promise<void> | undefined;
  #isClosed = false;

  /** @param dataDir the stack's own; each fork has a folder in it */
  constructor(services: Services, dataDir: string, logger: Logger) {
    this.#services = services;
    this.#folder = join(dataDir, 'forks');
    this.#logger = logger;
  }

  /**
   * A fork with the project's migrations and seed, as the files are now.
   *
   * @throws SupabaseDevError MIGRATION_FAILED
   */
  async take(): Promise<OpenFork> {
    const template = await this.#services.databases.nameForForks();
    const outdated = this.#ready.filter((fork) => fork.template !== template);
    this.#ready = this.#ready.filter((fork) => fork.template === template);
    for (const fork of outdated) void this.#discard(fork);
    const fork = this.#ready.shift() ?? (await this.#create());
    this.#fill();
    return { url: fork.url, dbUrl: fork.dbUrl, close: () => this.#discard(fork) };
  }

  /** Ends all forks. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#filling;
    await Promise.all([...this.#open].map((fork) => fork.close()));
  }

  #fill(): void {
    this.#filling ??= this.#fillUp()
      .catch((error: unknown) => {
        if (!this.#isClosed) this.#logger.warn(`Supabase: no fork is ready: ${errorMessage(error)}`);
      })
      .finally(() => {
        this.#filling = undefined;
      });
  }

  async #fillUp(): Promise<void> {
    while (!this.#isClosed && this.#ready.length < READY) this.#ready.push(await this.#create());
  }

  async #create(): Promise<ReadyFork> {
    const { databases, keys } = this.#services;
    // What a killed process left.
    await (this.#cleared ??= rm(this.#folder, { recursive: true, force: true }));
    const { template, database } = await databases.copyForFork();
    const dataDir = join(this.#folder, database.name);
    const server = await listen({ port: 0 });
    const apiUrl = `http://127.0.0.1:${portOf(server)}`;
    const opening = this.#services.open({ database, dataDir, apiUrl });
    const target = opening.then((set) => {
      const names = Object.keys(set.services) as ServiceName[];
      return createTarget(
        keys,
        names,
        (name, call) => {
          const service = set.services[name];
          if (service) call(service);
        },
        apiUrl,
      );
    });
    const gateway = new Gateway({ target, logger: this.#logger });
    const served = serveGateway(server, gateway);
    const fork: ReadyFork = {
      template,
      url: apiUrl,
      dbUrl: database.url,
      close: async () => {
        this.#open.delete(fork);
        await gateway.close();
        const services = await opening.catch(() => undefined);
        await Promise.all([served.close(), services?.close()]);
        await databases.drop(database.name);
        await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
      },
    };
    this.#open.add(fork);
    await opening.catch(async (error: unknown) => {
      await fork.close();
      throw error;
    });
    return fork;
  }

  async #discard(fork: OpenFork): Promise<void> {
    if (this.#open.has(fork)) await fork.close();
  }
}
