// The server process of bench/realtime.mjs: the stack, or a bare ws server that fans out ("bare").
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NO_LIMIT = '1000000000';

const server = process.argv[2] === 'bare' ? await startBare() : await startStack();
process.on('message', (message) => void handle(message));
process.send(server.info);

async function handle(message) {
  if (message === 'usage') {
    const cpu = process.cpuUsage();
    // Heap and buffers after a garbage collection.
    globalThis.gc();
    const { heapUsed, external } = process.memoryUsage();
    process.send({ memory: heapUsed + external, cpu });
  }
  if (message === 'stop') {
    await server.stop();
    process.disconnect();
  }
}

async function startStack() {
  process.env.TENANT_MAX_EVENTS_PER_SECOND = NO_LIMIT;
  process.env.TENANT_MAX_JOINS_PER_SECOND = NO_LIMIT;
  process.env.TENANT_MAX_CONCURRENT_USERS = NO_LIMIT;
  const { startStack: start } = await import('../dist/start-stack.js');
  const root = await mkdtemp(join(tmpdir(), 'bench-realtime-'));
  const stack = await start({
    root,
    port: 0,
    dbPort: 0,
    ephemeral: true,
    config: { api: { auto_expose_new_tables: true } },
  });
  const { url, dbUrl, anonKey, jwtSecret } = stack;
  return {
    info: { url: `${url.replace('http', 'ws')}/realtime/v1/websocket`, dbUrl, anonKey, jwtSecret },
    async stop() {
      await stack.stop();
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function startBare() {
  const { WebSocketServer } = await import('ws');
  const wss = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  wss.on('connection', (socket) => {
    socket.on('message', (data) => {
      for (const client of wss.clients) if (client !== socket) client.send(data, { binary: false });
    });
  });
  await new Promise((resolve) => wss.once('listening', resolve));
  return {
    info: { url: `ws://127.0.0.1:${wss.address().port}` },
    async stop() {
      for (const client of wss.clients) client.terminate();
      await new Promise((resolve) => wss.close(resolve));
    },
  };
}
