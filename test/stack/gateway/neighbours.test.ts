import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { createDirectUpstream } from '../../../plugin/backend/realtime-route.ts';
import { addUpgradeListener, listenGateway } from '../../../plugin/gateway/listen.ts';
import { Gateway } from '../../../plugin/gateway/gateway.ts';
import type { GatewayTarget } from '../../../plugin/gateway/target.ts';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { createFixtureRealtime } from '../../helpers/gateway/realtime.ts';
import { ask, listen, reflect } from '../../helpers/gateway/support.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { JWT_SECRET, KEYS } from '../../helpers/gateway/tokens.ts';
import { upgrade } from '../../helpers/gateway/upgrade-client.ts';

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
  test('a foreign upgrade is not touched: its socket does not even get a listener', async () => {
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

  test('a listener that destroys every foreign socket cannot destroy ours if we claim first', async () => {
    const gateway = new Gateway({ target: await makeTarget(), logger: silentLogger });
    const server = createServer();
    const detach = addUpgradeListener(server, gateway);
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

  test('adding and removing the listener leaves none behind', async () => {
    const gateway = new Gateway({ target: await makeTarget(), logger: silentLogger });
    const server = createServer();
    for (let i = 0; i < 20; i++) addUpgradeListener(server, gateway)();
    expect(server.listenerCount('upgrade')).toBe(0);
  });
});

describe('on a separate port', () => {
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

  test('the error names a port in use', async () => {
    const gateway = new Gateway({ target: await makeTarget(), logger: silentLogger });
    const { port } = await listen(createServer());
    await expect(listenGateway(gateway, { port })).rejects.toMatchObject({ code: 'PORT_TAKEN' });
  });
});
