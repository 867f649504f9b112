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
  /** Name of its database. */
  readonly id: string;
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
  readonly #open = new Map<string, OpenFork>();
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
    for (const { id } of outdated) void this.closeFork(id);
    const fork = this.#ready.shift() ?? (await this.#create());
    this.#fill();
    const { id, url, dbUrl } = fork;
    return { id, url, dbUrl, close: () => this.closeFork(id) };
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
    await Promise.all([...this.#open.keys()].map((id) => this.closeFork(id)));
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
      id: database.name,
      template,
      url: apiUrl,
      dbUrl: database.url,
      close: async () => {
        await gateway.close();
        const services = await opening.catch(() => undefined);
        await Promise.all([served.close(), services?.close()]);
        await databases.drop(database.name);
        await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
      },
    };
    this.#open.set(fork.id, fork);
    await opening.catch(async (error: unknown) => {
      await this.closeFork(fork.id);
      throw error;
    });
    return fork;
  }
}
