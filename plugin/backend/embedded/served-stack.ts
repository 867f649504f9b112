import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { Gateway } from '../../gateway/gateway.ts';
import { listen, portOf, serveGateway, type GatewayServer } from '../../gateway/listen.ts';
import type { GatewayTarget, Upstream } from '../../gateway/target.ts';
import { hasErrorCode } from '../../shared/errors.ts';
import { mayReplace, wantedPort, type PortChoice } from '../../shared/ports.ts';
import { areKeysPublic } from '../../stack/private-keys.ts';
import { publicJwk } from '../../stack/jwt.ts';
import type { Ownership } from '../../stack/ownership/candidate.ts';
import { claimDataDir, type Membership } from '../../stack/ownership/claim.ts';
import type { StackRecord } from '../../stack/ownership/record.ts';
import type { MigrationResult } from '../../stack/postgres/migrations.ts';
import type { FunctionsOptions } from '../../stack/functions/service.ts';
import type { Service } from '../../stack/service.ts';
import {
  startServices,
  type Services,
  type ServicesOptions,
  type StartServicesOptions,
} from '../../stack/services.ts';
import { knowsSession } from './session-check.ts';

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
    await release(options, claim);
    throw error;
  }
}

/** The last step of an end: throw-away data leaves no folder behind. */
async function release({ ephemeral, dataDir }: ServedStackOptions, ownership: Ownership): Promise<void> {
  await ownership.release();
  if (ephemeral) await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
}

async function serve(options: ServedStackOptions, ownership: Ownership): Promise<ServedStack> {
  // First of all, so that no other program takes the port while the services start; requests wait for them.
  const server = await listenOn(options.port);
  const running = new RunningServices(options, `http://127.0.0.1:${portOf(server)}`);
  // Other dev servers of this project serve hosts of their own; with this secret they show that they have checked them.
  const gatewaySecret = randomBytes(32).toString('base64url');
  const { logger, observations } = options;
  const gateway = new Gateway({
    target: () => running.target(),
    logger,
    gatewaySecret,
    observations: () => observations,
  });
  const served = serveGateway(server, gateway);
  const services = await running.started.catch(async (error: unknown) => {
    await gateway.close();
    await served.close();
    throw error;
  });
  const record = createRecord(services, served.port);
  ownership.announce({ ...record, gatewaySecret });
  const end = (): Promise<void> => release(options, ownership);
  return new ServedStack({ record, running, gateway, server: served, release: end });
}

/** @throws SupabaseDevError PORT_TAKEN */
async function listenOn(choice: PortChoice): Promise<Server> {
  try {
    return await listen({ port: wantedPort(choice) });
  } catch (error) {
    if (!hasErrorCode(error, 'PORT_TAKEN') || !mayReplace(choice)) throw error;
    return listen({ port: 0 });
  }
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
    return this.#parts.running.current.target;
  }

  /** The project's migrations, and which of them this start applied. */
  migrations(): MigrationResult {
    return this.#parts.running.current.services.migrations;
  }

  /** Host of the SMTP server that receives mails; undefined while they stay in the inbox. */
  mailServer(): string | undefined {
    return this.#parts.running.current.services.mailServer;
  }

  /** Applies migrations that were added since. */
  migrate(): Promise<MigrationResult> {
    return this.#parts.running.current.services.migrate();
  }

  /** Deletes all data and starts again from migrations and seed, on the same ports. */
  reset(): Promise<void> {
    return this.#parts.running.reset();
  }

  async stop(): Promise<void> {
    const { gateway, server, running } = this.#parts;
    await gateway.close();
    // The server waits for its sockets, and those of Realtime end with the service.
    await Promise.all([server.close(), running.current.services.stop()]);
    await this.#parts.release();
  }
}

interface StackParts {
  readonly running: RunningServices;
  readonly gateway: Gateway;
  readonly server: GatewayServer;
  /** Gives the data directory up. */
  release(): Promise<void>;
}

/** The services, which a reset replaces, and the gateway's target for them. */
class RunningServices {
  readonly #options: StartServicesOptions;
  readonly #apiUrl: string;
  /** Rejects with the reason of a failed start. */
  readonly started: Promise<Services>;
  #current: { services: Services; target: GatewayTarget } | undefined;

  constructor(options: ServedStackOptions, apiUrl: string) {
    this.#options = { ...options, functions: { ...options.functions, apiUrl } };
    this.#apiUrl = apiUrl;
    this.started = this.#start(this.#options);
  }

  /** For each request; one that comes during the start waits for it. */
  target(): GatewayTarget | Promise<GatewayTarget> {
    return this.#current?.target ?? this.started.then(() => this.current.target);
  }

  get current(): { services: Services; target: GatewayTarget } {
    if (!this.#current) throw new Error('the services have not started');
    return this.#current;
  }

  async reset(): Promise<void> {
    const { services } = this.current;
    const dbPort = { exact: services.database.port };
    await services.stop({ discard: true });
    await this.#start({ ...this.#options, dbPort });
  }

  async #start(options: StartServicesOptions): Promise<Services> {
    const services = await startServices(options);
    const { anonKey } = services.keys;
    const target = createTarget(services, (token) => knowsSession(this.#apiUrl, anonKey, token));
    this.#current = { services, target };
    return services;
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

function createTarget(
  { keys, services }: Services,
  checkSession: NonNullable<GatewayTarget['knowsSession']>,
): GatewayTarget {
  const upstreams = Object.entries(services).map(([name, service]) => [name, createUpstream(service)]);
  return {
    keys: { ...keys, jwks: keys.signingKeys.map(publicJwk) },
    upstreams: Object.fromEntries(upstreams),
    knowsSession: checkSession,
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
