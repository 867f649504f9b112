import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FunctionsOptions } from '../../../plugin/stack/functions/live-functions.ts';
import { Observations } from '../../../plugin/shared/observations.ts';
import { createFunctionsService } from '../../../plugin/stack/functions/service.ts';
import { loadConfig } from '../../../plugin/stack/config/config.ts';
import { createJwtVerifier } from '../../../plugin/stack/jwt.ts';
import { resolveKeys } from '../../../plugin/stack/keys.ts';
import { createDatabase } from '../../../plugin/stack/postgres/database.ts';
import { NO_API } from '../../helpers/api.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { makeProject } from '../../helpers/project.ts';

export interface FunctionsServer {
  /** Calls a function by its path. */
  readonly call: (path: string, init?: RequestInit) => Promise<Response>;
  /** What was printed, a line each. */
  readonly lines: readonly string[];
}

/**
 * The service of the edge functions alone, without PostgreSQL and the gateway; it ends with the test.
 *
 * @param functions source text of index.ts by name, all open to calls without a token
 */
export async function startFunctionsService(
  functions: Readonly<Record<string, string>>,
  options: FunctionsOptions = {},
): Promise<FunctionsServer> {
  const slugs = Object.keys(functions);
  const project = await makeProject({
    'supabase/config.toml': slugs.map((slug) => `[functions.${slug}]\nverify_jwt = false\n`).join(''),
    ...Object.fromEntries(
      slugs.map((slug) => [`supabase/functions/${slug}/index.ts`, functions[slug] ?? '']),
    ),
  });
  const lines: string[] = [];
  const print = (text: string): void => void lines.push(...text.split('\n'));
  const config = await loadConfig(project.root);
  const keys = await resolveKeys(config);
  const service = createFunctionsService(
    {
      config,
      keys,
      jwt: createJwtVerifier(keys),
      // Nothing listens on port 9.
      database: createDatabase('127.0.0.1', 9, 'unused'),
      mailer: { server: undefined, send: () => Promise.resolve(), keep() {} },
      dataDir: project.root,
      api: NO_API,
      logger: { info: print, warn: print, error: print },
      observations: new Observations(),
    },
    options,
  );
  const server = createServer((req, res) => service?.handle(req, res));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  onTestEnd(async () => {
    await service?.close();
    server.closeAllConnections();
    server.close();
    await project.remove();
  });
  return { lines, call: (path, init) => fetch(`http://127.0.0.1:${port}/${path}`, init) };
}
