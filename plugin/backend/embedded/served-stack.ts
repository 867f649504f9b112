import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { Gateway } from '../../gateway/gateway.ts';
import { listenGateway, type GatewayServer } from '../../gateway/listen.ts';
import type { GatewayTarget, Upstream } from '../../gateway/target.ts';
import { areKeysPublic } from '../../stack/private-keys.ts';
import { publicJwk } from '../../stack/jwt.ts';
import type { Ownership } from '../../stack/ownership/candidate.ts';
import { claimDataDir, type Membership } from '../../stack/ownership/claim.ts';
import type { StackRecord } from '../../stack/ownership/record.ts';
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
import { knowsSession } from './session-check.ts';

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
  const port = await choosePort(options.port, 'the Supabase API');
  const apiUrl = `http://127.0.0.1:${port}`;
  const runningOptions = { ...options, apiUrl, functions: { ...options.functions, apiUrl } };
  const running = new RunningServices(runningOptions, await startServices(runningOptions));
  // Other dev servers of this project serve hosts of their own; with this secret they show that they have checked them.
  const gatewaySecret = randomBytes(32).toString('base64url');
  const gateway = new Gateway({ target: () => running.target, logger: options.logger, gatewaySecret });
  const server = await listenGateway(gateway, { port }).catch(async (error: unknown) => {
    await running.services.stop();
    throw error;
  });
  const record = createRecord(running.services, server.port);
  ownership.announce({ ...record, gatewaySecret });
  return new ServedStack({ record, running, gateway, server, release: () => release(options, ownership) });
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

  /** Host of the SMTP server that receives mails; undefined while they stay in the inbox. */
  mailServer(): string | undefined {
    return this.#parts.running.services.mailServer;
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
    const { gateway, server, running } = this.#parts;
    await gateway.close();
    // The server waits for its sockets, and those of Realtime end with the service.
    await Promise.all([server.close(), running.services.stop()]);
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

/** `StartServicesOptions` of a stack whose gateway's origin is known. */
type RunningOptions = StartServicesOptions & { readonly apiUrl: string };

/** The services, which a reset replaces, and the gateway's target for them. */
class RunningServices {
  readonly #options: RunningOptions;
  services: Services;
  target: GatewayTarget;

  constructor(options: RunningOptions, services: Services) {
    this.#options = options;
    this.services = services;
    this.target = this.#createTarget();
  }

  async reset(): Promise<void> {
    const dbPort = { exact: this.services.database.port };
    await this.services.stop({ discard: true });
    this.services = await startServices({ ...this.#options, dbPort });
    this.target = this.#createTarget();
  }

  #createTarget(): GatewayTarget {
    const { anonKey } = this.services.keys;
    return createTarget(this.services, (token) => knowsSession(this.#options.apiUrl, anonKey, token));
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
