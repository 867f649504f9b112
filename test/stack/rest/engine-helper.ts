import { createServer, request as httpRequest, type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { createJwtVerifier } from '../../../plugin/stack/jwt.ts';
import { loadConfig } from '../../../plugin/stack/config/config.ts';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { RestEngine } from '../../../plugin/stack/rest/engine.ts';
import type { RequestExplanation } from '../../../plugin/stack/rest/request-explanation.ts';
import { readRestSettings, type RestSettings } from '../../../plugin/stack/rest/settings/settings.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

export interface TestAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface TestEngine {
  readonly stack: TestStack;
  readonly engine: RestEngine;
  /** Origin of the engine's HTTP server. */
  readonly url: string;
  /** The engine's connections. */
  readonly pool: pg.Pool;
  /** As `postgres`. */
  readonly admin: pg.Client;
  readonly explanations: RequestExplanation[];
  /** Sends a request exactly as given, without normalizing it. */
  send(
    method: string,
    path: string,
    headers?: OutgoingHttpHeaders,
    body?: string | Buffer,
  ): Promise<TestAnswer>;
  stop(): Promise<void>;
}

/** A REST engine without a gateway, with its own login role `test_authenticator`. */
export async function startTestEngine(
  migration: string,
  settings: Partial<RestSettings> = {},
): Promise<TestEngine> {
  const stack = await startTestStack({ 'supabase/migrations/1_test.sql': migration });
  const admin = new pg.Client({ connectionString: stack.dbUrl });
  admin.on('error', () => {});
  await admin.connect();
  await admin.query(
    "create role test_authenticator login noinherit password 'test'; grant anon, authenticated, service_role to test_authenticator",
  );
  const { host, port } = admin;
  const connection = { host, port, database: 'postgres', user: 'test_authenticator', password: 'test' };
  const pools: pg.Pool[] = [];
  const explanations: RequestExplanation[] = [];
  const config = await loadConfig('/nonexistent');
  const engine = await RestEngine.start({
    settings: { ...readRestSettings(config.section('api')), ...settings },
    verifier: createJwtVerifier({ jwtSecret: stack.jwtSecret, signingKeys: [] }),
    createPool(options) {
      const pool = new pg.Pool({ ...connection, ...options });
      // As in the stack's own pools: when the server ends, the test must not fail.
      pool.on('error', () => {});
      pool.on('connect', (client) => client.on('error', () => {}));
      pools.push(pool);
      return pool;
    },
    connection,
    logger: silentLogger,
    onExplain: (explanation) => explanations.push(explanation),
  });
  const server = createServer((req, res) => engine.handle(req, res));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address() as AddressInfo;
  const [pool] = pools;
  if (!pool) throw new Error('the engine opened no pool');
  return {
    stack,
    engine,
    url: `http://127.0.0.1:${address.port}`,
    pool,
    admin,
    explanations,
    send: (method, path, headers = {}, body = '') =>
      sendRaw({ host: '127.0.0.1', port: address.port, method, path, headers }, body),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
      await engine.close().catch(() => {});
      await admin.end();
      await stack.stop();
    },
  };
}

function sendRaw(
  options: { host: string; port: number; method: string; path: string; headers: OutgoingHttpHeaders },
  body: string | Buffer,
): Promise<TestAnswer> {
  return new Promise((resolve, reject) => {
    const req = httpRequest(
      {
        ...options,
        headers:
          body.length === 0
            ? options.headers
            : { 'content-length': Buffer.byteLength(body), ...options.headers },
      },
      (res) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk));
        res.on('error', reject);
        res.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: res.statusCode ?? 0, headers: res.headers, body: text });
        });
      },
    );
    req.on('error', reject);
    req.end(body.length === 0 ? undefined : body);
  });
}
