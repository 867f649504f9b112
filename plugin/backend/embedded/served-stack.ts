import { randomBytes } from 'node:crypto';
import { Gateway } from '../../gateway/gateway.ts';
import { listenGateway, type GatewayServer } from '../../gateway/listen.ts';
import type { GatewayTarget, Upstream } from '../../gateway/target.ts';
import { areKeysPublic } from '../../stack/private-keys.ts';
import { publicJwk } from '../../stack/jwt.ts';
import { claimDataDir, type Membership, type Ownership, type StackRecord } from '../../stack/ownership.ts';
import type { MigrationResult } from '../../stack/postgres/migrations.ts';
import { choosePort } from '../../stack/postgres/ports.ts';
import type { FunctionsOptions } from '../../stack/functions/service.ts';
import type { Service } from '../../stack/service.ts';
import {
  startServices,
  type Services,
  type ServicesOptions,
  type StartServicesOptions,
} from '../../stack/services.ts';

/** A port that must be this one (0: any), or one that may be replaced by a free one when it is taken. */
export type PortChoice = { exact: number } | { preferred: number };

export interface ServedStackOptions extends ServicesOptions {
  /** Port of the API on loopback. */
  readonly port: PortChoice;
  /** Options of the edge functions. */
  readonly functions?: Omit<FunctionsOptions, 'apiUrl'>;
}

/**
 * Starts the stack of a data directory, or joins the process that already runs it.
 *
 * @throws SupabaseDevError; nothing is left running
 */
export async function openServedStack(options: ServedStackOptions): Promise<ServedStack | Membership> {
  const claim = await claimDataDir(options.dataDir);
  if (claim.kind === 'member') return claim;
  try {
    return await serve(options, claim);
  } catch (error) {
    await claim.release();
    throw error;
  }
}

async function serve(options: ServedStackOptions, ownership: Ownership): Promise<ServedStack> {
  const port = await choosePort(options.port, 'the Supabase API');
  const functions = { ...options.functions, apiUrl: `http://127.0.0.1:${port}` };
  const servicesOptions = { ...options, functions };
  const running = new RunningServices(servicesOptions, await startServices(servicesOptions));
  // Other dev servers of this project serve hosts of their own; with this secret they show that they have checked them.
  const gatewaySecret = randomBytes(32).toString('base64url');
  const gateway = new Gateway({ target: () => running.target, logger: options.logger, gatewaySecret });
  const server = await listenGateway(gateway, { port }).catch(async (error: unknown) => {
    await running.services.stop();
    throw error;
  });
  const record = createRecord(running.services, server.port);
  ownership.announce({ ...record, gatewaySecret });
  return new ServedStack({ record, running, gateway, server, ownership });
}

/** The stack that this process runs: its services, and a gateway to them on a loopback port for other processes. */
export class ServedStack {
  readonly kind = 'stack';
  readonly record: Omit<StackRecord, 'gatewaySecret'>;
  readonly #parts: StackParts;

  constructor({ record, ...parts }: StackParts & Pick<ServedStack, 'record'>) {
    this.record = record;
    this.#parts = parts;
  }

  /** Where a gateway in this process sends requests; another object after a reset. */
  target(): GatewayTarget {
    return this.#parts.running.target;
  }

  /** The project's migrations, and which of them this start applied. */
  migrations(): MigrationResult {
    return this.#parts.running.services.migrations;
  }

  /** Applies migrations that were added since. */
  migrate(): Promise<MigrationResult> {
    return this.#parts.running.services.migrate();
  }

  /** Deletes all data and starts again from migrations and seed, on the same ports. */
  reset(): Promise<void> {
    return this.#parts.running.reset();
  }

  async stop(): Promise<void> {
    const { gateway, server, running, ownership } = this.#parts;
    await gateway.close();
    // The server waits for its sockets, and those of Realtime end with the service.
    await Promise.all([server.close(), running.services.stop()]);
    await ownership.release();
  }
}

interface StackParts {
  readonly running: RunningServices;
  readonly gateway: Gateway;
  readonly server: GatewayServer;
  readonly ownership: Ownership;
}

/** The services, which a reset replaces, and the gateway's target for them. */
class RunningServices {
  readonly #options: StartServicesOptions;
  services: Services;
  target: GatewayTarget;

  constructor(options: StartServicesOptions, services: Services) {
    this.#options = options;
    this.services = services;
    this.target = createTarget(services);
  }

  async reset(): Promise<void> {
    const dbPort = { exact: this.services.database.port };
    await this.services.stop({ discard: true });
    this.services = await startServices({ ...this.#options, dbPort });
    this.target = createTarget(this.services);
  }
}

function createRecord({ keys, database }: Services, port: number): ServedStack['record'] {
  const { signingKeys, ...apiKeys } = keys;
  return {
    ...apiKeys,
    jwks: signingKeys.map(publicJwk),
    pid: process.pid,
    url: `http://127.0.0.1:${port}`,
    dbUrl: database.url,
  };
}

function createTarget({ keys, services }: Services): GatewayTarget {
  const upstreams = Object.entries(services).map(([name, service]) => [name, createUpstream(service)]);
  return {
    keys: { ...keys, jwks: keys.signingKeys.map(publicJwk) },
    upstreams: Object.fromEntries(upstreams),
    localOnly: areKeysPublic(keys)
      ? { hint: 'Start Vite with --host (or set server.host): then the stack has random keys.' }
      : undefined,
  };
}

function createUpstream(service: Service): Upstream {
  return {
    kind: 'handler',
    handle: (req, res) => service.handle(req, res),
    upgrade: (req, socket, head) => service.upgrade?.(req, socket, head),
  };
}
