import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { ClientSocket, type SocketHandlers } from '../../../plugin/stack/realtime/connection/socket.ts';
import { serializerV2 } from '../../../plugin/stack/realtime/protocol/v2.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

const DEPTH = 100_000;
const ARRAYS = '['.repeat(DEPTH) + ']'.repeat(DEPTH);
const OBJECTS = `${'{"a":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}`;
const MIXED = `${'{"a":['.repeat(DEPTH)}${']}'.repeat(DEPTH)}`;
/** Deep, but within what every JSON library can write. */
const ALLOWED = `${'{"a":'.repeat(990)}1${'}'.repeat(990)}`;

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack();
});

afterAll(() => stack.stop());

/** Payloads by event; `%` stands for the hostile value. */
const PAYLOADS: Readonly<Record<string, readonly string[]>> = {
  broadcast: ['%', '{"type":"broadcast","event":"e","payload":%}', '{"event":%}', '[%,%]'],
  presence: [
    '%',
    '{"event":"track","payload":%}',
    '{"event":"track","payload":{"a":%}}',
    '{"event":"untrack","x":%}',
    '{"event":%}',
  ],
  access_token: ['%', '{"access_token":%}'],
  phx_join: [
    '%',
    '{"config":%}',
    '{"config":{"broadcast":%}}',
    '{"config":{"presence":{"key":%}}}',
    '{"config":{"private":%,"postgres_changes":[{"event":"*","schema":"public","filter":%}]}}',
    '{"config":{"postgres_changes":%}}',
    '{"access_token":%}',
  ],
  phx_leave: ['%'],
  unknown: ['%'],
};

interface Peer {
  send(text: string): void;
  /** Resolves when a heartbeat that is sent now is answered: everything before it has been handled. */
  heartbeat(): Promise<void>;
  readonly events: string[];
  close(): void;
}

async function connect(version: 1 | 2): Promise<Peer> {
  const query = `vsn=${version}.0.0&apikey=${stack.publishableKey}`;
  const socket = new WebSocket(`${stack.url.replace('http', 'ws')}/realtime/v1/websocket?${query}`);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const events: string[] = [];
  const waiting = new Map<string, () => void>();
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) return;
    const message = JSON.parse(data.toString());
    const [ref, event] = version === 2 ? [message[1], message[3]] : [message.ref, message.event];
    events.push(event);
    if (event === 'phx_reply') waiting.get(ref)?.();
  });
  const send = (text: string): void => socket.send(text);
  const request = (topic: string, event: string, payload: string): Promise<void> => {
    const ref = `r${waiting.size}`;
    const answered = new Promise<void>((resolve) => waiting.set(ref, resolve));
    send(frame(version, ref, topic, event, payload));
    return answered;
  };
  const config = '{"config":{"broadcast":{"self":true,"ack":true},"presence":{"enabled":true}}}';
  await request('realtime:room', 'phx_join', config);
  return {
    send,
    events,
    close: () => socket.close(),
    heartbeat: () => request('phoenix', 'heartbeat', '{}'),
  };
}

function frame(version: 1 | 2, ref: string, topic: string, event: string, payload: string): string {
  if (version === 2) return `["1",${JSON.stringify(ref)},${JSON.stringify(topic)},"${event}",${payload}]`;
  return `{"topic":${JSON.stringify(topic)},"event":"${event}","ref":"${ref}","join_ref":"1","payload":${payload}}`;
}

describe.each([1, 2] as const)('protocol version %i', (version) => {
  const cases = Object.entries(PAYLOADS).flatMap(([event, payloads]) =>
    payloads.map((payload) => ({ event, payload })),
  );

  test.each(cases)('survives a deep value in $event $payload', async ({ event, payload }) => {
    const [attacker, other] = [await connect(version), await connect(version === 1 ? 2 : 1)];
    for (const value of [ARRAYS, OBJECTS, MIXED, ALLOWED]) {
      attacker.send(
        frame(
          version,
          'x',
          'realtime:room',
          event,
          payload.replaceAll('%', () => value),
        ),
      );
      // A sixth element is what version 2 does not know.
      if (version === 2) attacker.send(`["1","x","realtime:room","${event}",{},${value}]`);
    }
    await attacker.heartbeat();
    await other.heartbeat();
    expect(other.events).not.toContain('phx_error');
    attacker.close();
    other.close();
  });
});

test.each([
  [
    'a batch',
    '/api/broadcast',
    'application/json',
    `{"messages":[{"topic":"t","event":"e","payload":${OBJECTS}}]}`,
  ],
  ['a batch that is an array', '/api/broadcast', 'application/json', ARRAYS],
  ['a single broadcast', '/api/broadcast/t/events/e', 'application/json', MIXED],
  [
    'a form',
    '/api/broadcast',
    'application/x-www-form-urlencoded',
    `messages[0][payload]${'[a]'.repeat(DEPTH)}=1`,
  ],
])('refuses deep values in %s over HTTP', async (_name, path, type, body) => {
  const headers = { 'content-type': type, apikey: stack.publishableKey };
  const response = await fetch(`${stack.url}/realtime/v1${path}`, { method: 'POST', headers, body });
  expect(response.status).toBe(400);
});

test('delivers an honest broadcast of 990 levels to both versions', async () => {
  const [one, two] = [await connect(1), await connect(2)];
  one.send(
    frame(1, 'x', 'realtime:room', 'broadcast', `{"type":"broadcast","event":"e","payload":${ALLOWED}}`),
  );
  await expect
    .poll(() => [one.events, two.events].map((events) => events.includes('broadcast')))
    .toEqual([true, true]);
  one.close();
  two.close();
});

test('an error while a message is handled is reported with that message, and the next one is handled', async () => {
  const reported: unknown[] = [];
  const handled: string[] = [];
  const accepted: ClientSocket[] = [];
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (req, raw, head) => {
    sockets.handleUpgrade(req, raw, head, (webSocket) => {
      const client = {
        serializer: serializerV2,
        token: '',
        headers: {},
        verifyToken: () => Promise.reject(),
      };
      const handlers: SocketHandlers = {
        onMessage: ({ event, topic }) => {
          handled.push(topic + event);
          if (event === 'throws') throw new Error(event);
          return event === 'rejects' ? Promise.reject(new Error(event)) : undefined;
        },
        onError: (error, message) => reported.push([String(error), message?.topic]),
        onClose: () => {},
      };
      accepted.push(new ClientSocket(webSocket, raw, client, handlers));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await new Promise((resolve) => client.once('open', resolve));
  for (const [topic, event] of ['a:throws', 'a:ok', 'b:rejects', 'b:throws', 'b:ok'].map((it) =>
    it.split(':'),
  ))
    client.send(JSON.stringify(['1', '1', topic, event, {}]));
  await expect.poll(() => handled).toEqual(['athrows', 'aok', 'brejects', 'bthrows', 'bok']);
  expect(reported).toEqual([
    ['Error: throws', 'a'],
    ['Error: rejects', 'b'],
    ['Error: throws', 'b'],
  ]);
  client.terminate();
  await new Promise((resolve) => server.close(resolve));
});
