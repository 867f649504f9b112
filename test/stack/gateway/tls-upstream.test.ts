import { createServer } from 'node:https';
import { expect, test } from 'vitest';
import type { GatewayTarget } from '../../../plugin/gateway/target.ts';
import { createFixtureRealtime } from '../../helpers/gateway/realtime.ts';
import { CERTIFICATE } from '../../helpers/certificate.ts';
import { ask, listen, reflect, seenIn, startGateway } from '../../helpers/gateway/support.ts';
import { JWT_SECRET, KEYS } from '../../helpers/gateway/tokens.ts';
import { upgrade } from '../../helpers/gateway/upgrade-client.ts';

test('a local stack with a self-signed certificate (api.tls) is reached on both transports', async () => {
  const realtime = createFixtureRealtime({ secret: JWT_SECRET, refusalDelay: 1 });
  const server = createServer(CERTIFICATE, reflect);
  server.on('upgrade', (req, socket, head) => {
    req.url = req.url?.replace('/realtime/v1/', '/socket/');
    req.headers.host = 'realtime-dev';
    realtime.server.emit('upgrade', req, socket, head);
  });
  const { port } = await listen(server);
  const url = new URL(`https://127.0.0.1:${port}`);
  const upstream = { kind: 'url', url, speaks: 'gateway', host: 'client' } as const;
  const target: GatewayTarget = { keys: KEYS, upstreams: { rest: upstream, realtime: upstream } };
  const gateway = await startGateway({ target });
  expect(seenIn(await ask(gateway.url, '/rest/v1/items')).url).toBe('/rest/v1/items');
  expect((await upgrade(gateway.url, '/realtime/v1/websocket?apikey=sb_publishable_test')).status).toBe(101);
  expect(realtime.accepted).toEqual([KEYS.anonKey]);
});
