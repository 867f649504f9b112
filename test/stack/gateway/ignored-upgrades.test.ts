import { createServer } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { addUpgradeListener, listenGateway } from '../../../plugin/gateway/listen.ts';
import { Gateway } from '../../../plugin/gateway/gateway.ts';
import type { GatewayTarget } from '../../../plugin/gateway/target.ts';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { listen, reflect, startGateway } from '../../helpers/gateway/support.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { KEYS } from '../../helpers/gateway/tokens.ts';

// RFC 9110, 7.8: a server may ignore the Upgrade header. curl --http2 and Java's HttpClient send "h2c" by default.

const target: GatewayTarget = { keys: KEYS, upstreams: { rest: { kind: 'handler', handle: reflect } } };
const H2C = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n';

/** Sends raw bytes, and resolves with all that came until the server closed or `until` matched. */
function exchange(url: string, bytes: string, until: RegExp): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestEnd(() => void socket.destroy());
  return new Promise((resolve, reject) => {
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
      if (until.test(text)) resolve(text);
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
    socket.write(bytes, 'latin1');
  });
}

const request = (method: string, path: string, headers: string, body = ''): string =>
  `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n${body}`;

describe('an upgrade that is no WebSocket is answered as an ordinary request', () => {
  test.each([
    ['GET h2c', request('GET', '/rest/v1/items', H2C)],
    [
      'GET with another protocol',
      request('GET', '/rest/v1/items', 'Connection: upgrade\r\nUpgrade: foo/2\r\n'),
    ],
    [
      'a list of protocols',
      request('GET', '/rest/v1/items', 'Connection: upgrade\r\nUpgrade: h2c, websocket\r\n'),
    ],
    ['POST with a body', request('POST', '/rest/v1/items', `${H2C}Content-Length: 7\r\n`, '{"a":1}')],
    [
      'POST in chunks',
      request('POST', '/rest/v1/items', `${H2C}Transfer-Encoding: chunked\r\n`, '7\r\n{"a":1}\r\n0\r\n\r\n'),
    ],
    [
      'POST that asks for a WebSocket',
      request('POST', '/rest/v1/items', 'Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n'),
    ],
  ])('%s', async (_, bytes) => {
    const { url } = await startGateway({ target });
    const answer = await exchange(url, bytes, /\}$/);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    const seen = JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1)) as {
      body: string;
      headers: object;
    };
    expect(seen.body).toBe(bytes.includes('"a"') ? '{"a":1}' : '');
    expect(seen.headers).not.toHaveProperty('upgrade');
    expect(seen.headers).not.toHaveProperty('http2-settings');
  });

  test('the connection is kept for the next request', async () => {
    const { url } = await startGateway({ target });
    const two = request('GET', '/rest/v1/first', H2C) + request('GET', '/rest/v1/second', '');
    const answers = await exchange(url, two, /"url":"\/second"/);
    expect(answers.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
  });

  test.each(['h2c', 'websocket'])('HEAD with "%s" has no body', async (protocol) => {
    const { url } = await startGateway({ target });
    const headers = `Connection: upgrade, close\r\nUpgrade: ${protocol}\r\n`;
    const answer = await exchange(url, request('HEAD', '/rest/v1/items', headers), /never/);
    expect(answer).toMatch(/^HTTP\/1\.1 \d+ [^]*\r\n\r\n$/);
  });

  test('on the path of the WebSocket it is 426', async () => {
    const { url } = await startGateway({ target });
    const answer = await exchange(url, request('GET', '/realtime/v1/websocket', H2C), /\}$/);
    expect(answer).toMatch(/^HTTP\/1\.1 426 [^]*upgrade: websocket/i);
  });

  test('on a separate port, any path', async () => {
    const gateway = new Gateway({ target, logger: silentLogger });
    const own = await listenGateway(gateway, { port: 0 });
    onTestEnd(() => own.close());
    const url = `http://127.0.0.1:${own.port}`;
    expect(await exchange(url, request('GET', '/other', H2C), /\}$/)).toMatch(/^HTTP\/1\.1 404 /);
  });
});

test('a server without another listener answers foreign upgrades as Node does without any', async () => {
  const gateway = new Gateway({ target, logger: silentLogger });
  const server = createServer((_, res) => void res.end('the app'));
  addUpgradeListener(server, gateway);
  const { url } = await listen(server);
  expect(await exchange(url, request('GET', '/app', H2C), /the app/)).toMatch(/^HTTP\/1\.1 200 /);
});
