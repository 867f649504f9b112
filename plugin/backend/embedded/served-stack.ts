import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { Gateway } from '../../gateway/gateway.ts';
import { listen, portOf, serveGateway, type GatewayServer } from '../../gateway/listen.ts';
import type { GatewayTarget } from '../../gateway/target.ts';
import { hasErrorCode } from '../../shared/errors.ts';
import { mayReplace, wantedPort, type PortChoice } from '../../shared/ports.ts';
import { publicJwk } from '../../stack/jwt.ts';
import type { Ownership } from '../../stack/ownership/candidate.ts';
import { claimDataDir, type Membership } from '../../stack/ownership/claim.ts';
import type { StackRecord } from '../../stack/ownership/record.ts';
import type { StackRequest } from '../../stack/ownership/request.ts';
import type { MigrationResult } from '../../stack/postgres/migrations.ts';
import type { FunctionsOptions } from '../../stack/functions/live-functions.ts';
import type { Services, ServicesOptions } from '../../stack/services.ts';
import type { SyncResult } from '../backend.ts';
import type { OpenFork } from './fork-pool.ts';
import { handleRequest } from './requests.ts';
import { RunningServices } from './running-services.ts';

export interface ServedStackOptions extends ServicesOptions {
  /** Port of the API on loopback. */
  readonly port: PortChoice;
  /** Options of the edge functions. */
  readonly functions?: FunctionsOptions;
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
  const apiUrl = `http://127.0.0.1:${portOf(server)}`;
  // Other dev servers of this project serve hosts of their own; with this secret they show that they have checked them.
  const gatewaySecret = randomBytes(32).toString('base64url');
  const running = new RunningServices(
    { ...options, apiUrl, functions: options.functions ?? {} },
    gatewaySecret,
  );
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
  ownership.announce({ ...record, gatewaySecret }, (request) => handleRequest(running, request));
  const end = (): Promise<void> => release(options, ownership);
  return new ServedStack({
    record,
    dataDir: options.dataDir,
    running,
    gateway,
    server: served,
    release: end,
  });
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
  /** Absolute path of its data directory. */
  readonly dataDir: string;
  readonly #parts: StackParts;

  constructor({ record, dataDir, ...parts }: StackParts & Pick<ServedStack, 'record' | 'dataDir'>) {
    this.record = record;
    this.dataDir = dataDir;
    this.#parts = parts;
  }

  /** Where a gateway in this process sends requests. */
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

  /** Brings the database to the project's files. @throws SupabaseDevError MIGRATION_FAILED; it is as it was */
  sync(): Promise<SyncResult> {
    return this.#parts.running.sync();
  }

  /** Deletes all data and starts again from migrations and seed. @throws as `sync` */
  reset(): Promise<void> {
    return this.#parts.running.reset();
  }

  /** A stack of its own on a copy of migrations and seed. @throws SupabaseDevError MIGRATION_FAILED */
  fork(): Promise<OpenFork> {
    return this.#parts.running.fork();
  }

  /** Keeps database and files under a name. @throws SupabaseDevError USAGE for a name that cannot be one */
  saveSnapshot(name: string): Promise<void> {
    return this.#parts.running.saveSnapshot(name);
  }

  /** Brings both back. @throws SupabaseDevError SNAPSHOT_MISSING */
  restoreSnapshot(name: string): Promise<void> {
    return this.#parts.running.restoreSnapshot(name);
  }

  /** Answers a request as one of another process of this user. */
  request(command: string, args: StackRequest['args'] = {}): Promise<unknown> {
    return handleRequest(this.#parts.running, { command, args });
  }

  /** Calls `listener` when the schema may have changed. Returns how to stop it. */
  onSchemaChange(listener: () => void): () => void {
    return this.#parts.running.onSchemaChange(listener);
  }

  async stop(): Promise<void> {
    const { gateway, server, running } = this.#parts;
    await gateway.close();
    // The server waits for its sockets, and those of Realtime end with the service.
    await Promise.all([server.close(), running.stop()]);
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
