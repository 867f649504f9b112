import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import { defer } from './support.ts';
import { onTestEnd } from '../on-test-end.ts';

/** The outcome of a WebSocket handshake; `socket` if it was accepted. */
export interface UpgradeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly socket: Duplex | undefined;
}

/** One handshake with exactly these headers (a header that is undefined is left out). */
export function upgrade(
  base: string,
  path: string,
  headers: Readonly<Record<string, string | undefined>> = {},
): Promise<UpgradeAnswer> {
  const { promise, resolve, reject } = defer<UpgradeAnswer>();
  const { hostname, port } = new URL(base);
  const all = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    ...headers,
  };
  const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  const req = request({
    hostname,
    port,
    path,
    headers: sent as Record<string, string>,
    agent: false,
    setHost: !('host' in sent),
  });
  req.on('upgrade', (res, socket, head) => {
    socket.on('error', () => {});
    onTestEnd(() => socket.destroy());
    if (head.length > 0) socket.unshift(head);
    resolve({ status: res.statusCode ?? 0, headers: res.headers, body: '', socket });
  });
  req.on('response', (res) => {
    let body = '';
    res.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    res.on('end', () =>
      resolve({ status: res.statusCode ?? 0, headers: res.headers, body, socket: undefined }),
    );
    res.on('error', reject);
  });
  req.on('error', reject);
  req.end();
  return promise;
}
