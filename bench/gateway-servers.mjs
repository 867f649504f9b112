// The servers that bench/gateway.mjs measures, one a process: node gateway-servers.mjs <role> <port of the upstream>.
// Sends its port, then answers 'rss' with its memory in bytes after a garbage collection, 'cpu' with its time in µs.
import { createHmac } from 'node:crypto';
import { Agent, createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

const SECRET = 'super-secret-jwt-token-with-at-least-32-characters-long';
const dist = new URL('../dist/', import.meta.url).href;

function sign(claims) {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const body = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ exp: 1983812996, ...claims })}`;
  return `${body}.${createHmac('sha256', SECRET).update(body).digest('base64url')}`;
}

export const KEYS = {
  publishableKey: 'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH',
  secretKey: 'sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz',
  anonKey: sign({ role: 'anon' }),
  serviceRoleKey: sign({ role: 'service_role' }),
  jwtSecret: SECRET,
  jwks: [],
};

/** A session as @supabase/ssr stores it, large enough for two chunks. */
export const SESSION_COOKIE = (() => {
  const session = {
    access_token: sign({
      role: 'authenticated',
      sub: '8f4b5f4e-0000-4000-8000-000000000001',
      session_id: 'x'.repeat(200),
    }),
    refresh_token: 'r'.repeat(12),
    user: { id: '8f4b5f4e', identities: 'i'.repeat(2_500) },
  };
  const value = `base64-${Buffer.from(JSON.stringify(session)).toString('base64url')}`;
  return value
    .match(/.{1,3180}/g)
    .map((chunk, i) => `sb-localhost-auth-token.${i}=${chunk}`)
    .join('; ');
})();

const ROLES = {
  upstream: startUpstream,
  gateway: startGateway,
  'gateway-in-vite': startGatewayInVite,
  'vite-proxy': startViteProxy,
  'http-proxy': (port) => startHttpProxy(port, undefined),
  'http-proxy-keep-alive': (port) => startHttpProxy(port, new Agent({ keepAlive: true })),
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , role, upstreamPort] = process.argv;
  process.send(await ROLES[role](Number(upstreamPort)));
  process.on('message', (question) => {
    if (question === 'cpu') {
      const { user, system } = process.cpuUsage();
      process.send(user + system);
      return;
    }
    globalThis.gc();
    process.send(process.memoryUsage().rss);
  });
}

/** Answers 1.2 kB of JSON, streams a gibibyte, takes uploads, echoes WebSocket messages and floods on demand. */
async function startUpstream() {
  const { WebSocketServer } = await import('ws');
  const body = JSON.stringify(
    Array.from({ length: 20 }, (_, id) => ({ id, body: 'a message of the family', at: 1 })),
  );
  const chunk = Buffer.alloc(1024 * 1024);
  const server = createServer((req, res) => {
    if (req.method === 'POST') {
      req.resume().on('end', () => res.end());
    } else if (req.url.includes('download')) {
      res.writeHead(200, { 'content-length': 1024 ** 3 });
      let written = 0;
      const write = () => {
        while (written < 1024) {
          written += 1;
          if (!res.write(chunk)) return res.once('drain', write);
        }
        return res.end();
      };
      write();
    } else {
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
      res.end(body);
    }
  });
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => {
      const [word, count, size] = isBinary ? [] : Buffer.from(data).toString().split(' ');
      if (word === 'flood') flood(socket, Number(count), Number(size));
      else socket.send(data, { binary: isBinary });
    });
    socket.on('error', () => {});
  });
  return listen(server);
}

function flood(socket, count, size) {
  const message = 'x'.repeat(size);
  let sent = 0;
  const more = () => {
    while (sent < count && socket.bufferedAmount < 1024 * 1024) {
      socket.send(message);
      sent += 1;
    }
    if (sent < count && socket.readyState === 1) setImmediate(more);
  };
  more();
}

async function makeGateway(upstreamPort) {
  const { Gateway } = await import(`${dist}gateway/gateway.js`);
  const url = new URL(`http://127.0.0.1:${upstreamPort}`);
  const upstream = { kind: 'url', url, speaks: 'gateway', host: 'client' };
  const upstreams = { rest: upstream, storage: upstream, realtime: upstream };
  return new Gateway({ target: { keys: KEYS, upstreams }, logger: console });
}

async function startGateway(upstreamPort) {
  const { listenGateway } = await import(`${dist}gateway/listen.js`);
  return (await listenGateway(await makeGateway(upstreamPort), { port: 0 })).port;
}

async function startVite(config) {
  const { createServer } = await import('vite');
  const root = fileURLToPath(new URL('.', import.meta.url));
  const server = await createServer({ root, configFile: false, logLevel: 'error', ...config });
  await server.listen(0);
  return server.httpServer.address().port;
}

async function startGatewayInVite(upstreamPort) {
  const { addUpgradeListener } = await import(`${dist}gateway/listen.js`);
  const { insertGatewayMiddleware } = await import(`${dist}vite/middleware-order.js`);
  const gateway = await makeGateway(upstreamPort);
  const plugin = {
    name: 'gateway',
    configureServer(server) {
      insertGatewayMiddleware(
        server.middlewares,
        server.config.server.cors,
        (req, res, next) => gateway.handle(req, res) || next(),
      );
      addUpgradeListener(server.httpServer, gateway);
    },
  };
  return startVite({ plugins: [plugin], server: { host: '127.0.0.1' } });
}

function startViteProxy(upstreamPort) {
  const target = `http://127.0.0.1:${upstreamPort}`;
  const proxy = { '/rest/v1': { target, ws: false }, '/realtime/v1': { target, ws: true } };
  return startVite({ server: { host: '127.0.0.1', proxy } });
}

async function startHttpProxy(upstreamPort, agent) {
  const { createProxyServer } = await import('http-proxy');
  const proxy = createProxyServer({ target: `http://127.0.0.1:${upstreamPort}`, agent });
  proxy.on('error', () => {});
  const server = createServer((req, res) => proxy.web(req, res));
  server.on('upgrade', (req, socket, head) => proxy.ws(req, socket, head));
  return listen(server);
}

function listen(server) {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));
}
