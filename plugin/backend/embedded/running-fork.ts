import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Gateway } from '../../gateway/gateway.ts';
import { listen, portOf, serveGateway } from '../../gateway/listen.ts';
import type { GatewayTarget } from '../../gateway/target.ts';
import type { Logger } from '../../shared/logger.ts';
import type { ServiceName } from '../../stack/service.ts';
import type { Services, ServiceSet } from '../../stack/services.ts';
import { createTarget } from './service-target.ts';

/** What all forks of a stack have in common. */
export interface ForkOptions {
  readonly services: Services;
  /** Each fork has a folder in it. */
  readonly folder: string;
  /** With it, gateways of other processes reach the forks, as they reach the stack itself. */
  readonly gatewaySecret: string;
  readonly logger: Logger;
}

/** Services on a database of their own, behind an address that stays when others take their place. */
export class RunningFork {
  /** Name of its first database. */
  readonly id: string;
  /** Name of the template that its database is a copy of. */
  readonly template: string;
  /** Origin of its API. */
  readonly url: string;
  #behind: Behind;
  readonly #closeAddress: () => Promise<void>;
  #closed: Promise<void> | undefined;

  private constructor(
    { id, template, url }: Pick<RunningFork, 'id' | 'template' | 'url'>,
    behind: Behind,
    closeAddress: () => Promise<void>,
  ) {
    this.id = id;
    this.template = template;
    this.url = url;
    this.#behind = behind;
    this.#closeAddress = closeAddress;
  }

  /** @throws SupabaseDevError MIGRATION_FAILED; nothing is left running */
  static async open({ services, folder, gatewaySecret, logger }: ForkOptions): Promise<RunningFork> {
    const { databases, keys } = services;
    const { template, database } = await databases.copyForFork();
    const dataDir = join(folder, database.name);
    const server = await listen({ port: 0 });
    const url = `http://127.0.0.1:${portOf(server)}`;
    const opening = services.open({ database, dataDir, apiUrl: url });
    const target = opening.then((set) => targetOf(set, keys, url));
    // Whoever calls it before it is open waits.
    const gateway = new Gateway({ target: () => fork.target(), logger, gatewaySecret });
    const served = serveGateway(server, gateway);
    const closeAddress = async (): Promise<void> => {
      await gateway.close();
      await served.close();
    };
    const close = async (): Promise<void> => {
      await opening.then(
        (set) => set.close(),
        () => {},
      );
      await databases.drop(database.name);
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    };
    const behind: Behind = { dbUrl: database.url, target, close };
    const fork = new RunningFork({ id: database.name, template, url }, behind, closeAddress);
    try {
      behind.target = await target;
      return fork;
    } catch (error) {
      await fork.close();
      throw error;
    }
  }

  get dbUrl(): string {
    return this.#behind.dbUrl;
  }

  /** Where a gateway sends requests, for each of them. */
  target(): GatewayTarget | Promise<GatewayTarget> {
    return this.#behind.target;
  }

  /** Lets another fork, which nobody else uses, answer at this one's address, and deletes what answered before. */
  async become(other: RunningFork): Promise<void> {
    const before = this.#behind;
    this.#behind = { dbUrl: other.dbUrl, target: other.target(), close: () => other.close() };
    await before.close();
  }

  /** Ends it and deletes its data. */
  close(): Promise<void> {
    this.#closed ??= Promise.all([this.#closeAddress(), this.#behind.close()]).then(() => {});
    return this.#closed;
  }
}

/** What answers behind the address of a fork. */
interface Behind {
  readonly dbUrl: string;
  target: GatewayTarget | Promise<GatewayTarget>;
  close(): Promise<void>;
}

function targetOf(set: ServiceSet, keys: Services['keys'], url: string): GatewayTarget {
  const names = Object.keys(set.services) as ServiceName[];
  return createTarget(
    keys,
    names,
    (name, call) => {
      const service = set.services[name];
      if (service) call(service);
    },
    url,
  );
}
