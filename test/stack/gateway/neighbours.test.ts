import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { createDirectUpstream } from '../../../plugin/backend/realtime-route.ts';
import { addUpgradeListener, listenGateway } from '../../../plugin/gateway/listen.ts';
import { Gateway } from '../../../plugin/gateway/gateway.ts';
import type { GatewayTarget } from '../../../plugin/gateway/target.ts';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { createFixtureRealtime } from '../../fixtures/gateway/realtime.ts';
import { ask, listen, onTestEnd, reflect } from './support.ts';
import { JWT_SECRET, KEYS } from './tokens.ts';
import { upgrade } from './upgrade-client.ts';

const OURS = '/realtime/v1/websocket?apikey=sb_publishable_test';
const ACCEPT = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n';

async function makeTarget(): Promise<GatewayTarget> {
  const { url } = await listen(createFixtureRealtime({ secret: JWT_SECRET, refusalDelay: 1 }).server);
  return {
    keys: KEYS,
    upstreams: { realtime: createDirectUpstream(new URL(url)), rest: { kind: 'handler', handle: reflect } },
  };
}

describe('on a server with other upgrade listeners', () => {
  test('a foreign upgrade is not touched: not even a listener is left on its socket', async () => {
    const gateway = new Gateway({ target: await makeTarget(), logger: silentLogger });
    const server = createServer();
    addUpgradeListener(server, gateway);
    let listeners = -1;
    server.on('upgrade', (_req, socket: Duplex) => {
      listeners = socket.listenerCount('error');
      socket.end(ACCEPT);
    });
    const { url } = await listen(server);
    expect((await upgrade(url, '/?token=abc', { 'sec-websocket-protocol': 'vite-hmr' })).status).toBe(101);
    expect(listeners).toBe(0);
  });

  test('one that destroys every socket but its own cannot take ours, when we claim first', async () => {
    const gateway = new Gateway({ target: await makeTarget(), logger: silentLogger });
    const server = createServer();
    const detach = addUpgradeListener(server, gateway, { exclusive: true });
    server.on('upgrade', (req, socket: Duplex) => {
      if (req.headers['sec-websocket-protocol']?.startsWith('vite')) socket.end(ACCEPT);
      else socket.destroy();
    });
    const { url } = await listen(server);
    expect((await upgrade(url, OURS)).status).toBe(101);
    expect((await upgrade(url, '/', { 'sec-websocket-protocol': 'vite-hmr' })).status).toBe(101);
    detach();
    await expect(upgrade(url, OURS)).rejects.toThrow('socket hang up');
  });

  test('attaching and detaching leaves no listener', async () => {
    const gateway = new Gateway({ target: await makeTarget(), logger: silentLogger });
    const server = createServer();
    for (let i = 0; i < 20; i++) addUpgradeListener(server, gateway)();
    expect(server.listenerCount('upgrade')).toBe(0);
  });
});

describe('on a port of its own', () => {
  test('it serves its paths and answers 404 for the rest, as Kong does', async () => {
    const gateway = new Gateway({ target: await makeTarget(), logger: silentLogger });
    const own = await listenGateway(gateway, { port: 0 });
    onTestEnd(() => own.close());
    const url = `http://127.0.0.1:${own.port}`;
    expect((await ask(url, '/rest/v1/items')).status).toBe(200);
    expect((await ask(url, '/')).body).toBe('{"message":"no Route matched with those values"}');
    expect((await upgrade(url, OURS)).status).toBe(101);
    expect((await upgrade(url, '/other')).status).toBe(404);
  });

  test('a taken port is named', async () => {
    const gateway = new Gateway({ target: await makeTarget(), logger: silentLogger });
    const { port } = await listen(createServer());
    await expect(listenGateway(gateway, { port })).rejects.toMatchObject({ code: 'PORT_TAKEN' });
  });
});
