import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type IncomingHttpHeaders } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { stripVTControlCharacters } from 'node:util';
import { createLogger, createServer, type Logger, type Plugin, type ViteDevServer } from 'vite';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import supabase, { type SupabasePluginApi } from '../../../plugin/index.ts';
import { openAppFork, type AppFork } from '../../../plugin/playwright/app-fork.ts';
import { heartbeat, PUBLISHABLE_KEY as KEY, readItems } from '../../helpers/api.ts';
import { CERTIFICATE } from '../../helpers/certificate.ts';
import { startDevServer, VITE } from '../../helpers/dev-server.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { makeViteProject } from '../../helpers/vite-project.ts';

const files = {
  'supabase/migrations/1_items.sql': 'create table items (id int primary key);',
  'supabase/seed.sql': 'insert into items values (7);',
};

async function createVite(
  plugins: Plugin[],
  server: object,
  more: Readonly<Record<string, string>> = {},
  customLogger?: Logger,
): Promise<ViteDevServer> {
  const project = await makeViteProject({ ...files, ...more });
  onTestEnd(() => project.remove());
  const vite = await createServer({
    root: project.root,
    configFile: false,
    ...(customLogger ? { customLogger } : { logLevel: 'silent' }),
    plugins,
    server,
  });
  onTestEnd(() => vite.close());
  return vite;
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestEnd(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A fork behind the app, which answers as the app's own stack does. */
async function openFork(origin: string): Promise<AppFork> {
  const fork = await openAppFork(origin);
  const at = new URL(fork.appUrl).origin;
  expect([await readItems(at), await heartbeat(at)]).toEqual([[{ id: 7 }], 'ok']);
  return fork;
}

describe('middleware mode', () => {
  test('serves requests through vite.middlewares, and upgrades through the plugin api', async () => {
    const vite = await createVite(supabase({ backend: 'embedded' }), { middlewareMode: true });
    const plugin = vite.config.plugins.find(({ name }) => name === 'vite-plugin-supabase');
    const api = plugin?.api as SupabasePluginApi;
    const server = createHttpServer(vite.middlewares);
    server.on('upgrade', (req, socket, head) => {
      if (!api.handleUpgrade(req, socket, head)) socket.destroy();
    });
    const origin = await listen(server);
    expect(await heartbeat(origin)).toBe('ok');
    expect([await readItems(origin), await heartbeat(origin)]).toEqual([[{ id: 7 }], 'ok']);
  });

  test('handles upgrades itself after the first request, and leaves foreign ones to the app', async () => {
    const vite = await createVite(supabase({ backend: 'embedded' }), { middlewareMode: true, ws: false });
    const server = createHttpServer(vite.middlewares);
    const origin = await listen(server);
    await readItems(origin);
    expect(await heartbeat(origin)).toBe('ok');
    const foreign = (): WebSocket => new WebSocket(`${origin.replace('http', 'ws')}/chat`);
    const [error] = (await once(foreign(), 'error')) as [Error];
    // As without the plugin: nobody listens, so Node answers an ordinary request.
    expect(error.message).toBe('Unexpected server response: 200');
    const app = new WebSocketServer({ noServer: true });
    const serveChat = (req: IncomingMessage, socket: Duplex, head: Buffer): void => {
      if (req.url === '/chat') app.handleUpgrade(req, socket, head, (client) => client.close(4000));
    };
    for (const add of ['on', 'prependListener'] as const) {
      server[add]('upgrade', serveChat);
      expect((await once(foreign(), 'close'))[0]).toBe(4000);
      server.off('upgrade', serveChat);
    }
    // A fork for a test runner has this app in front of it, with its sockets.
    server.on('upgrade', serveChat);
    const fork = await openFork(origin);
    const chat = new WebSocket(`${fork.appUrl.replace('http', 'ws')}chat`);
    expect((await once(chat, 'close'))[0]).toBe(4000);
    await fork.stop();
    server.off('upgrade', serveChat);
    await vite.close();
    expect(server.listenerCount('upgrade')).toBe(0);
  });

  test('handles the upgrades of a server that was given to Vite', async () => {
    const server = createHttpServer((req, res) => vite.middlewares(req, res));
    const origin = await listen(server);
    const vite = await createVite(supabase({ backend: 'embedded' }), { middlewareMode: { server } });
    expect(await heartbeat(origin)).toBe('ok');
    await vite.close();
    expect(server.listenerCount('upgrade')).toBe(0);
  });
});

describe('a framework that is listed before the plugin', () => {
  test('may load modules of the app during setup: they have the keys', async () => {
    let loaded: unknown;
    const framework: Plugin = {
      name: 'framework',
      async configureServer(server) {
        loaded = await server.ssrLoadModule('/server.js');
      },
    };
    const own = { 'server.js': 'export const key = import.meta.env.VITE_SUPABASE_PUBLISHABLE_KEY;' };
    await createVite(
      [framework, ...supabase({ backend: 'embedded' })],
      { middlewareMode: true, ws: false },
      own,
    );
    expect(loaded).toMatchObject({ key: KEY });
  });

  test('may answer every path except ours', async () => {
    const framework: Plugin = {
      name: 'framework',
      configureServer: ({ middlewares }) => void middlewares.use((_req, res) => res.end('"page"')),
    };
    const vite = await createVite([framework, ...supabase({ backend: 'embedded' })], {
      middlewareMode: true,
      ws: false,
    });
    const origin = await listen(createHttpServer(vite.middlewares));
    expect([await readItems(origin), await (await fetch(origin)).text()]).toEqual([[{ id: 7 }], '"page"']);
  });

  test('renders on the server with the port of the request', async () => {
    const own = { 'server.js': 'export const url = () => import.meta.env.VITE_SUPABASE_URL;' };
    const framework: Plugin = {
      name: 'framework',
      configureServer: (server) => () => {
        server.middlewares.use((_req, res, next) => {
          server.ssrLoadModule('/server.js').then((module) => res.end((module.url as () => string)()), next);
        });
      },
    };
    const server = { middlewareMode: true, ws: false, port: 1234 };
    const vite = await createVite([framework, ...supabase({ backend: 'embedded' })], server, own);
    const origin = await listen(createHttpServer(vite.middlewares));
    expect(await (await fetch(origin)).text()).toBe(origin.replace('127.0.0.1', 'localhost'));
  });

  test('need not print URLs: the terminal shows the backend anyway', async () => {
    const printed: string[] = [];
    const log = createLogger('info');
    log.info = (message) => void printed.push(stripVTControlCharacters(message));
    for (const server of [{ middlewareMode: true, ws: false } as const, { port: 0 }]) {
      printed.length = 0;
      const vite = await createVite(supabase({ backend: 'embedded' }), server, {}, log);
      if (vite.httpServer) await vite.listen();
      await expect.poll(() => printed.join('\n'), { timeout: 5_000 }).toMatch(/Supabase: embedded/);
    }
  });
});

test('keeps its sockets beside a plugin that destroys every upgrade except Vite’s', async () => {
  const destroyer: Plugin = {
    name: 'vite-plugin-cloudflare:dev',
    configureServer({ httpServer }) {
      httpServer?.on('upgrade', (req, socket) => {
        if (!req.headers['sec-websocket-protocol']?.startsWith('vite')) socket.destroy();
      });
    },
  };
  const vite = await createVite([destroyer, ...supabase({ backend: 'embedded' })], { port: 0 });
  await vite.listen();
  expect(await heartbeat(vite.resolvedUrls?.local[0]?.replace(/\/$/, '') ?? '')).toBe('ok');
});

test('serves HTTP/2 and secure WebSockets with server.https', async () => {
  const vite = await createVite(supabase({ backend: 'embedded' }), { port: 0, https: CERTIFICATE });
  await vite.listen();
  const origin = vite.resolvedUrls?.local[0]?.replace(/\/$/, '') ?? '';
  const session = connect(origin, { rejectUnauthorized: false });
  onTestEnd(async () => session.destroy());
  // The certificate is self-signed.
  const stream = session.request({ ':path': '/rest/v1/items', apikey: KEY });
  const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders];
  expect([headers[':status'], JSON.parse(await text(stream))]).toEqual([200, [{ id: 7 }]]);
  expect(await heartbeat(origin, { rejectUnauthorized: false })).toBe('ok');
  const fork = await openFork(origin);
  expect(await (await fetch(fork.appUrl)).text()).toContain('/@vite/client');
  await fork.stop();
});

test('starts nothing under Vitest unless a backend is set, and names where a stack would be', async () => {
  const before = { ...process.env };
  onTestFinished(() => {
    process.env = before;
  });
  const vite = await createVite(supabase(), { middlewareMode: true, ws: false });
  const origin = await listen(createHttpServer(vite.middlewares));
  const response = await fetch(`${origin}/rest/v1/items`, { headers: { apikey: KEY } });
  expect(response.headers.get('content-type')).toContain('text/html');
  const { VITE_SUPABASE_URL, VITE_SUPABASE_PUBLISHABLE_KEY } = process.env;
  expect([VITE_SUPABASE_URL, VITE_SUPABASE_PUBLISHABLE_KEY]).toEqual(['http://127.0.0.1:54321', KEY]);
});

describe('a build', () => {
  const build = async (
    root: string,
    env: Record<string, string>,
  ): Promise<{ code: number | null; output: string }> => {
    const { VITEST: _, NODE_ENV: __, ...parent } = process.env;
    const child = spawn(process.execPath, [VITE, 'build'], { cwd: root, env: { ...parent, ...env } });
    const output = Promise.all([text(child.stdout), text(child.stderr)]);
    const [code] = (await once(child, 'exit')) as [number | null];
    return { code, output: (await output).join('') };
  };

  test('without URL and key fails and names what to set', async () => {
    await using project = await makeViteProject(files);
    const { code, output } = await build(project.root, {});
    expect(code).not.toBe(0);
    expect(output).toMatch(/VITE_SUPABASE_URL and VITE_SUPABASE_PUBLISHABLE_KEY/);
  });

  test.each([
    ['VITE_SECRET', 'sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz'],
    ['VITE_KEY', `eyJhbGciOiJIUzI1NiJ9.${btoa('{"role":"service_role"}')}.x`],
  ])('with a secret key in %s fails', async (name, value) => {
    await using project = await makeViteProject(files);
    const env = { VITE_SUPABASE_URL: '/', VITE_SUPABASE_PUBLISHABLE_KEY: KEY, [name]: value };
    expect(await build(project.root, env)).toMatchObject({ code: 1, output: expect.stringContaining(name) });
  });

  test('has URL and key of the environment, and is previewed with the API on the same origin', async () => {
    await using project = await makeViteProject(files);
    await project.write('.env.production', `VITE_SUPABASE_URL=/\nVITE_SUPABASE_PUBLISHABLE_KEY=${KEY}\n`);
    const built = await build(project.root, {});
    expect(built).toMatchObject({ code: 0 });
    await using preview = await startDevServer(project.root, { command: 'preview' });
    await preview.waitForOutput(/Supabase:\s+embedded/);
    const html = await (await fetch(preview.url)).text();
    const script = /src="([^"]+\.js)"/.exec(html)?.[1] ?? '';
    const bundle = await (await fetch(preview.url + script)).text();
    expect(bundle).toContain(KEY);
    expect(bundle).toContain('location');
    expect([await readItems(preview.url), await heartbeat(preview.url)]).toEqual([[{ id: 7 }], 'ok']);
  });
});
