import { once } from 'node:events';
import { connect, createSecureServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { addUpgradeListener } from '../../../plugin/gateway/listen.ts';
import { CERTIFICATE } from '../../helpers/certificate.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';

// Hostile connections reach this about once in 10,000 requests with `Expect`, when a session ends at the right moment.
test.each<[string, (stream: ServerHttp2Stream) => void]>([
  ['closed', (stream) => stream.close()],
  ['destroyed', (stream) => stream.destroy()],
  ['destroyed by an error', (stream) => stream.destroy(new Error('the session has ended'))],
])('a request over HTTP/2 that expects 100 Continue ends nothing when its stream is %s', async (_, end) => {
  const uncaught: unknown[] = [];
  const onUncaught = (error: unknown): void => void uncaught.push(error);
  process.on('uncaughtException', onUncaught);
  const server = createSecureServer(CERTIFICATE, (_req, res) => res.end('vite'));
  addUpgradeListener(server, { handleUpgrade: () => false });
  server.on('session', (session: ServerHttp2Session) => {
    session.prependListener('stream', (stream, headers) => {
      if (headers[':path'] === '/late') end(stream);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = connect(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    rejectUnauthorized: false,
  });
  onTestEnd(async () => {
    client.destroy();
    await new Promise((resolve) => server.close(resolve));
    process.off('uncaughtException', onUncaught);
  });
  const status = async (path: string): Promise<unknown> => {
    const stream = client.request({ ':method': 'POST', ':path': path, expect: '100-continue' });
    let answered: unknown;
    stream.on('error', () => {});
    stream.on('response', (headers) => (answered = headers[':status'])).resume();
    await new Promise((resolve) => stream.end().once('close', resolve));
    return answered;
  };
  expect([await status('/late'), await status('/in-time')]).toEqual([undefined, 200]);
  expect(uncaught).toEqual([]);
});
