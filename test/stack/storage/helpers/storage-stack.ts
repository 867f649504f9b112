import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { silentLogger, type Logger } from '../../../../plugin/shared/logger.ts';
import { loadConfig } from '../../../../plugin/stack/config/config.ts';
import { startServices, type Services } from '../../../../plugin/stack/services.ts';
import { makeProject, type TestProject } from '../../../helpers/project.ts';
import { NO_API } from '../../../helpers/api.ts';

const PREFIX = '/storage/v1';

/** A stack whose Storage is served at `url`, with the headers that the gateway adds. */
export interface StorageStack extends AsyncDisposable {
  readonly url: string;
  readonly services: Services;
  readonly project: TestProject;
  /** The service's folder in the data directory. */
  readonly storageDir: string;
  close(): Promise<void>;
}

/** Starts an ephemeral stack. */
export async function startStorageStack(
  files: Readonly<Record<string, string>> = {},
  logger: Logger = silentLogger,
): Promise<StorageStack> {
  const project = await makeProject(files);
  const dataDir = join(project.root, '.supabase');
  const services = await startServices({
    config: await loadConfig(project.root),
    dataDir,
    dbPort: { exact: 0 },
    ephemeral: true,
    binDir: undefined,
    apiUrl: NO_API.apiUrl,
    logger,
  });
  const server = createServer((req, res) => {
    const { storage } = services.services;
    req.url = req.url?.startsWith(PREFIX) ? req.url.slice(PREFIX.length) || '/' : req.url;
    const [host = '', port = ''] = (req.headers.host ?? '').split(':');
    req.headers['x-forwarded-host'] = host;
    req.headers['x-forwarded-port'] = port;
    req.headers['x-forwarded-proto'] = 'http';
    storage?.handle(req, res);
  });
  const port = await listen(server);
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await services.stop();
    await project.remove();
  };
  return {
    url: `http://127.0.0.1:${port}${PREFIX}`,
    services,
    project,
    storageDir: join(dataDir, 'storage'),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
