import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createJwtVerifier } from '../../../plugin/stack/jwt.ts';
import { loadConfig } from '../../../plugin/stack/config/config.ts';
import { resolveKeys } from '../../../plugin/stack/keys.ts';
import { createDatabase } from '../../../plugin/stack/postgres/database.ts';
import { createRealtimeService } from '../../../plugin/stack/realtime/service.ts';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { Observations } from '../../../plugin/shared/observations.ts';
import { NO_API } from '../api.ts';

/** Realtime without a gateway and with an unreachable database, for tests that need neither. */
export interface BareRealtime extends AsyncDisposable {
  /** `127.0.0.1:<port>` */
  readonly host: string;
  /** Closes the service, but not the HTTP server in front of it. */
  close(): Promise<void>;
}

/** @param root folder with `supabase/config.toml` */
export async function startBareRealtime(root: string): Promise<BareRealtime> {
  const config = await loadConfig(root);
  const keys = await resolveKeys(config);
  const service = await createRealtimeService({
    config,
    keys,
    jwt: createJwtVerifier(keys),
    // Nothing listens on port 9.
    database: createDatabase('127.0.0.1', 9, 'unused'),
    mailer: {
      server: undefined,
      send: () => Promise.reject(new Error('Realtime sends no mail')),
      keep() {},
    },
    dataDir: root,
    api: NO_API,
    logger: silentLogger,
    observations: new Observations(),
  });
  const server: Server = createServer((req, res) => service.handle(req, res));
  server.on('upgrade', (req, socket, head) => service.upgrade?.(req, socket, head));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= service.close());
  return {
    host: `127.0.0.1:${port}`,
    close,
    async [Symbol.asyncDispose]() {
      await close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
