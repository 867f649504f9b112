import { createServer, type ServerResponse } from 'node:http';
import { connect, createServer as createHttp2Server, type IncomingHttpHeaders } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { isActiveType, makeInert } from '../../../plugin/stack/storage/http/inert.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';

type Answer = (res: ServerResponse) => void;

// Every way in which a handler can begin a response.
const WAYS: [string, Answer][] = [
  ['writeHead', (res) => res.writeHead(200, { 'content-length': 1 }).end('x')],
  ['end', (res) => res.end('x')],
  ['end without a body', (res) => res.end()],
  ['write', (res) => res.write('x', () => res.end())],
  ['statusCode and end', (res) => Object.assign(res, { statusCode: 404 }).end('x')],
];

describe.each(WAYS)('a response that begins with %s', (_name, answer) => {
  test.each(['HTTP/1.1', 'HTTP/2'])('is inert over %s', async (protocol) => {
    const headers = await headersOf(protocol, (res) => {
      res.setHeader('content-type', 'text/html');
      answer(res);
    });
    expect(headers).toMatchObject({
      'content-type': 'text/html',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringMatching(/^default-src 'none'.*; sandbox allow-downloads$/),
    });
  });
});

test.each([
  ['application/pdf', 'application/pdf', /object-src 'self'$/],
  ['Application/PDF; a=b', 'Application/PDF; a=b', /object-src 'self'$/],
  ['application/pdf, text/html', 'application/octet-stream', /sandbox allow-downloads$/],
  ['video/mp4', 'video/mp4', /sandbox allow-downloads allow-same-origin$/],
  ['multipart/x-mixed-replace;boundary=b', 'application/octet-stream', /sandbox allow-downloads$/],
  ['', 'application/octet-stream', /sandbox allow-downloads$/],
  ['text', 'application/octet-stream', /sandbox allow-downloads$/],
  ['\u00a0text/html', 'application/octet-stream', /sandbox allow-downloads$/],
])('%j is served as %s', async (type, served, policy) => {
  const headers = await headersOf('HTTP/1.1', (res) => void res.setHeader('content-type', type).end());
  expect(headers['content-type']).toBe(served);
  expect(headers['content-security-policy']).toMatch(policy);
  expect(headers['content-security-policy']).not.toContain('allow-scripts');
});

test.each([
  ['text/plain', false],
  ['image/png', false],
  ['application/json; charset=utf-8', false],
  ['TEXT/HTML', true],
  ['application/xhtml+xml', true],
  ['image/svg+xml;a=b', true],
  ['a/b+xml', true],
  ['text/javascript', true],
  ['*/*', true],
  ['unknown/unknown', true],
  ['text/plain, text/html', true],
  ['x', true],
])('%s is an active type: %s', (type, active) => {
  expect(isActiveType(type)).toBe(active);
});

async function headersOf(protocol: string, answer: Answer): Promise<IncomingHttpHeaders> {
  const handle = (res: ServerResponse): void => {
    makeInert(res);
    answer(res);
  };
  if (protocol === 'HTTP/1.1') {
    const port = await listen(createServer((_req, res) => handle(res)));
    return Object.fromEntries((await fetch(`http://127.0.0.1:${port}`)).headers);
  }
  const port = await listen(createHttp2Server((_req, res) => handle(res as unknown as ServerResponse)));
  const session = connect(`http://127.0.0.1:${port}`);
  onTestEnd(() => session.destroy());
  const [headers] = (await once(session.request({ ':path': '/' }), 'response')) as [IncomingHttpHeaders];
  return headers;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestEnd(() => void server.close());
  return (server.address() as AddressInfo).port;
}
