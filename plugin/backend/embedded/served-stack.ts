import { randomBytes } from 'node:crypto';
import { createGateway } from '../../gateway/gateway.ts';
import { listenGateway } from '../../gateway/listen.ts';
import type { GatewayTarget, Upstream } from '../../gateway/target.ts';
import { publicJwk } from '../../stack/jwt.ts';
import { claimDataDir, type Membership, type Ownership, type StackRecord } from '../../stack/ownership.ts';
import type { MigrationResult } from '../../stack/postgres/migrations.ts';
import { choosePort } from '../../stack/postgres/ports.ts';
import type { Service } from '../../stack/service.ts';
import { startServices, type Services, type ServicesOptions } from '../../stack/services.ts';

/** A port that must be this one (0: any), or one that gives way to a free one when it is taken. */
export type PortChoice = { exact: number } | { preferred: number };

export interface EmbeddedStackOptions extends ServicesOptions {
  /** Port of the API on loopback. */
  readonly port: PortChoice;
}

/** The stack that this process runs: its services, and a gateway to them on a loopback port for everybody else. */
export interface EmbeddedStack {
  readonly kind: 'stack';
  readonly record: Omit<StackRecord, 'proof'>;
  /** Where a gateway in this process sends requests; another object after a reset. */
  target(): GatewayTarget;
  /** The project's migrations, and which of them this start applied. */
  migrations(): MigrationResult;
  /** Applies migrations that were added since. */
  migrate(): Promise<MigrationResult>;
  /** Deletes all data and starts anew, on the same ports. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts the stack of a data directory, or joins the process that already runs it.
 *
 * @throws SupabaseDevError; nothing is left running
 */
export async function openEmbeddedStack(options: EmbeddedStackOptions): Promise<EmbeddedStack | Membership> {
  const claim = await claimDataDir(options.dataDir);
  if (claim.kind === 'member') return claim;
  try {
    return await start(options, claim);
  } catch (error) {
    await claim.release();
    throw error;
  }
}

async function start(options: EmbeddedStackOptions, ownership: Ownership): Promise<EmbeddedStack> {
  const { logger } = options;
  const port = await choosePort(options.port, 'the Supabase API');
  let services = await startServices(options);
  let target = toTarget(services);
  // Other dev servers of this project answer for hosts of their own, and tell us so.
  const proof = randomBytes(32).toString('base64url');
  const gateway = createGateway({ target: () => target, logger, proof });
  const server = await listenGateway(gateway, { port }).catch(async (error: unknown) => {
    await services.stop();
    throw error;
  });
  const { signingKeys, ...keys } = services.keys;
  const jwks = signingKeys.map(publicJwk);
  const record = {
    ...keys,
    jwks,
    pid: process.pid,
    url: `http://127.0.0.1:${server.port}`,
    dbUrl: services.database.url,
  };
  ownership.announce({ ...record, proof });
  return {
    kind: 'stack',
    record,
    target: () => target,
    migrations: () => services.migrations,
    migrate: () => services.migrate(),
    async reset() {
      const dbPort = { exact: services.database.port };
      await services.stop({ discard: true });
      services = await startServices({ ...options, dbPort });
      target = toTarget(services);
    },
    async stop() {
      await gateway.close();
      // The server waits for its sockets, and those of Realtime end with the service.
      await Promise.all([server.close(), services.stop()]);
      await ownership.release();
    },
  };
}

function toTarget({ keys, services }: Services): GatewayTarget {
  const upstreams = Object.entries(services).map(([name, service]) => [name, toUpstream(service)]);
  return {
    keys: { ...keys, jwks: keys.signingKeys.map(publicJwk) },
    upstreams: Object.fromEntries(upstreams),
  };
}

function toUpstream(service: Service): Upstream {
  return {
    kind: 'handler',
    handle: (req, res) => service.handle(req, res),
    upgrade: (req, socket, head) => service.upgrade?.(req, socket, head),
  };
}
