import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Backend } from '../../../plugin/backend/backend.ts';
import { Terminal } from '../../../plugin/explain/terminal.ts';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { Observations } from '../../../plugin/shared/observations.ts';
import { Studio } from '../../../plugin/studio/studio.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

/** What Studio's pages ask, over HTTP, on a stack of its own. */
export interface StudioServer extends AsyncDisposable {
  readonly stack: TestStack;
  readonly observations: Observations;
  /** Origin of the server. */
  readonly url: string;
  read(name: string): Promise<unknown>;
  change(name: string, input: object): Promise<unknown>;
}

export async function startStudioServer(files: Readonly<Record<string, string>>): Promise<StudioServer> {
  const stack = await startTestStack(files);
  const observations = new Observations();
  const exposedSchemas = ['public'];
  const databaseUrl = (): string => stack.dbUrl;
  const terminal = new Terminal({
    observations,
    databaseUrl,
    exposedSchemas,
    level: 'silent',
    logger: silentLogger,
  });
  const keys = { ...stack, jwks: undefined };
  const backend: Backend = {
    kind: 'embedded',
    reason: 'a test',
    observations,
    target: () => ({ keys, upstreams: {} }),
    databaseUrl,
    describe: () => [],
    close: () => Promise.resolve(),
  };
  const studio = new Studio({ backend, terminal, exposedSchemas, root: stack.root });
  const server = createServer((req, res) => void studio.handle(req, res));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    stack,
    observations,
    url,
    read: async (name) => (await fetch(`${url}/api/${name}`)).json(),
    async change(name, input) {
      const headers = { 'content-type': 'application/json', origin: url };
      return (
        await fetch(`${url}/api/${name}`, { method: 'POST', headers, body: JSON.stringify(input) })
      ).json();
    },
    async [Symbol.asyncDispose]() {
      studio.close();
      server.closeAllConnections();
      server.close();
      await terminal.close();
      await stack.stop();
    },
  };
}
