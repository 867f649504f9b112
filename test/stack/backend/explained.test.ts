import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';
import { createClient, type SupabaseClientOptions } from '@supabase/supabase-js';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Backend } from '../../../plugin/backend/backend.ts';
import { resolveBackend } from '../../../plugin/backend/resolve.ts';
import { diagnose } from '../../../plugin/doctor/doctor.ts';
import { Terminal } from '../../../plugin/explain/terminal.ts';
import { Gateway } from '../../../plugin/gateway/gateway.ts';
import { listenGateway, type GatewayServer } from '../../../plugin/gateway/listen.ts';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { listen } from '../../helpers/gateway/support.ts';
import { makeProject, type TestProject } from '../../helpers/project.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';
import { BROKEN_SQL, CASES, type Case } from '../explain/cases.ts';
import { HintLines } from '../explain/hint-lines.ts';

// The same broken set-ups as in explain/terminal.test.ts, on a Supabase that another process runs: a stack of this package.

/** What only the process that runs the services sees: frames of a socket, mails, slow answers, functions. */
const UNSEEN = /message not arrive|deletion|subscription|join|channel|mail|slow|functions\.invoke/;
/** These use the secret key, which this upstream accepts from no other gateway: it counts as a proxy. */
const SECRET = /too large|the type/;
/** Keys of another Supabase are unknown here: the path is explained. */
const HANDSHAKE = {
  'Why is my WebSocket refused? (the key is of another project)':
    /A WebSocket to the API gateway at .* is refused with 401: it does not accept this project's key/,
};
/** What the answer and its request show without the database, where it says less than with it. */
const ALONE: Readonly<Record<string, RegExp>> = {
  ...HANDSHAKE,
  'Why 406 from single()? (several rows)': /and 2 match because there is no filter/,
  'Why 42501? (no GRANT)': /no privilege|may not use|permission/,
};
const CERTAIN = /WebSocket|401|not exposed|without a filter|infinite recursion|upload refused/;

const seen = CASES.filter(({ question }) => !UNSEEN.test(question) && !SECRET.test(question));
const certain = seen.filter(({ question }) => CERTAIN.test(question) || question in ALONE);

const ANNA = { email: 'anna@example.com', password: 'password' };
let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack({ 'supabase/migrations/1_broken.sql': BROKEN_SQL });
  await stack.client().auth.signUp(ANNA);
});

afterAll(() => stack.stop());

/** A dev server in front of that stack, with the stack's project in its folder. */
class Front implements AsyncDisposable {
  readonly terminal = new HintLines();
  url = '';
  env: Record<string, string> = {};
  #project!: TestProject;
  #backend!: Backend;
  #explainer!: Terminal;
  #gateway!: Gateway;
  #server!: GatewayServer;

  static async start(kind: 'local' | 'remote', variables: Record<string, string> = {}): Promise<Front> {
    const front = new Front();
    const { port } = new URL(stack.dbUrl);
    const project = await makeProject({
      'supabase/config.toml': `[db]\nport = ${port}\n`,
      'supabase/migrations/1_broken.sql': BROKEN_SQL,
    });
    const env = {
      SUPABASE_BACKEND: kind,
      SUPABASE_URL: stack.url,
      SUPABASE_ANON_KEY: stack.anonKey,
      SUPABASE_PUBLISHABLE_KEY: stack.publishableKey,
      REALTIME_PROXY_MODE: 'gateway',
      ...variables,
    };
    const backend = await resolveBackend({
      root: project.root,
      env,
      logger: silentLogger,
      createEmbeddedBackend: () => Promise.reject(new Error('not here')),
    });
    const { observations, exposedSchemas = [] } = backend;
    front.#explainer = new Terminal({
      observations,
      exposedSchemas,
      databaseUrl: () => backend.databaseUrl?.(),
      level: 'hints',
      logger: front.terminal.logger,
    });
    front.#gateway = new Gateway({
      target: () => backend.target(),
      logger: silentLogger,
      observations: () => observations,
    });
    front.#server = await listenGateway(front.#gateway, { port: 0 });
    front.url = `http://127.0.0.1:${front.#server.port}`;
    front.env = env;
    front.#project = project;
    front.#backend = backend;
    return front;
  }

  /** Lines of the banner, and of Studio's first page. */
  describe(): readonly { label: string; value: string }[] {
    return this.#backend.describe();
  }

  get root(): string {
    return this.#project.root;
  }

  /** What the actors of a case use, through the dev server. */
  async act({ act }: Case): Promise<void> {
    const client = (key = stack.publishableKey, options: SupabaseClientOptions<'public'> = {}) =>
      createClient(this.url, key, {
        ...options,
        auth: { persistSession: false, autoRefreshToken: false },
        realtime: { transport: WebSocket as never },
      });
    const user = client();
    const { data } = await user.auth.signInWithPassword(ANNA);
    const through = { ...stack, url: this.url, client };
    await act({ stack: through, anon: client(), user, userId: data.user?.id ?? '' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#explainer.close();
    await this.#gateway.close();
    await this.#server.close();
    await this.#backend.close();
    await this.#project.remove();
  }
}

describe.each(['local', 'remote'] as const)('behind %s', (kind) => {
  let front: Front;

  beforeAll(async () => {
    front = await Front.start(kind);
  });

  afterAll(() => front[Symbol.asyncDispose]());

  // Explanations have a time limit, after which nothing is said: on a very busy machine, once more.
  test.each(kind === 'local' ? seen : certain)('$question', { retry: 1, timeout: 60_000 }, async (one) => {
    const other: Readonly<Record<string, RegExp>> = kind === 'remote' ? ALONE : HANDSHAKE;
    const explained = front.terminal.waitFor(other[one.question] ?? one.cause);
    await expect(Promise.all([explained, front.act(one)])).resolves.toBeDefined();
  });

  test('the answer is not changed', async () => {
    const [here, there] = await Promise.all(
      [front.url, stack.url].map(async (url) => {
        const response = await fetch(`${url}/rest/v1/closed`, { headers: { apikey: stack.publishableKey } });
        return [response.status, await response.json()];
      }),
    );
    expect(here).toEqual(there);
  });

  test('the banner links to its Studio', () => {
    const links = front.describe().filter(({ label }) => label === 'Its Studio');
    expect(links.map(({ value }) => value)).toEqual(kind === 'local' ? ['http://127.0.0.1:54323'] : []);
  });

  test('doctor tries the handshake', async () => {
    const findings = await diagnose({ root: front.root, env: { PATH: '', ...front.env } });
    // The advisors and the comparison of migrations need its database.
    const checks = new Set(findings.map(({ check }) => check));
    expect([checks.has('database'), checks.has('drift')]).toEqual([kind === 'local', kind === 'local']);
    expect(
      findings.filter(({ check }) => check === 'backend').map(({ severity, cause }) => [severity, cause]),
    ).toEqual([
      ['ok', expect.stringContaining(stack.url)],
      ['ok', `The API at ${stack.url} answers and accepts the keys`],
      ['ok', `A WebSocket reaches Realtime through ${stack.url}`],
    ]);
  });
});

describe('an API gateway in front of it', () => {
  const REFUSALS: Record<string, [status: number, body: object]> = {
    '/rest/v1/notes': [401, { message: 'Invalid API key', hint: 'Double check your API key.' }],
    '/functions/v1/hello': [401, { code: 401, message: 'Missing authorization header' }],
    '/storage/v1/object/photos/a.png': [
      400,
      { statusCode: '404', error: 'Bucket not found', message: 'Bucket not found', code: 'NoSuchBucket' },
    ],
  };

  test('has its refusals explained, also compressed ones and those of uploads', async () => {
    const upstream = createServer((req, res) => {
      const [status, body] = REFUSALS[req.url ?? ''] ?? [200, {}];
      req.resume().once('end', () => {
        res.writeHead(status, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
        res.end(gzipSync(JSON.stringify(body)));
      });
    });
    const { url } = await listen(upstream);
    await using front = await Front.start('remote', { SUPABASE_URL: url });
    const large = Buffer.alloc(200_000);
    for (const [path, [status, body]] of Object.entries(REFUSALS)) {
      const isUpload = path.startsWith('/storage');
      const answer = await fetch(`${front.url}${path}`, isUpload ? { method: 'POST', body: large } : {});
      expect([answer.status, await answer.json()]).toEqual([status, body]);
    }
    await front.terminal.waitFor(
      /\/rest\/v1\/notes was refused \(401 API_KEY_REFUSED\): Invalid API key\. Set SUPABASE_/,
    );
    await front.terminal.waitFor(/the function hello got no token: Missing authorization header/);
    await front.terminal.waitFor(/There is no bucket photos/);
  });
});
