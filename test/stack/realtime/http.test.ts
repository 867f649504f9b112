import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LOCAL_KEYS } from '../../../plugin/stack/keys.ts';
import { collector, subscribed } from '../../helpers/realtime/client.ts';
import { makeRecordedTokens, type RecordedTokens } from '../../helpers/realtime/project.ts';
import { readRecording } from '../../helpers/realtime/recording.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

interface RecordedRequest {
  readonly group: string;
  readonly what: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly host: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: unknown;
  };
  readonly status: number;
  readonly body: string;
}

const { requests } = await readRecording<{ requests: RecordedRequest[] }>('http.json');

/** Left out: what the gateway answers itself (keys, preflights), what names a tenant, and what crashes Realtime. */
function isComparable({ group, what, request: { method, headers }, body }: RecordedRequest): boolean {
  if (!['POST broadcast', 'POST single'].includes(group) || method !== 'POST') return false;
  if (
    /sb_publishable|aaa\.bbb|without scheme|x-api-key|no auth|empty Authorization|no Authorization|Basic|garbage/.test(
      what,
    )
  )
    return false;
  return headers.Authorization !== undefined && !body.includes('Tenant not found');
}

let stack: TestStack;
let tokens: RecordedTokens;

beforeAll(async () => {
  tokens = await makeRecordedTokens(LOCAL_KEYS.jwtSecret);
  stack = await startTestStack(tokens.files);
});

afterAll(() => stack.stop());

async function send({ request: { method, path, headers, body } }: RecordedRequest): Promise<Response> {
  const filled: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const placeholder = /<\w+>/.exec(value)?.[0];
    filled[name] =
      placeholder === undefined ? value : value.replace(placeholder, await tokens.resolve(placeholder));
  }
  if (typeof body !== 'string' || !body.startsWith('hex:')) filled['Content-Type'] ??= 'application/json';
  return fetch(`${stack.url}/realtime/v1${path}`, { method, headers: filled, body: readBody(body) ?? null });
}

function readBody(body: unknown): string | Uint8Array<ArrayBuffer> | undefined {
  if (typeof body !== 'string') return body === undefined ? undefined : JSON.stringify(body);
  if (body.startsWith('hex:')) return Uint8Array.from(Buffer.from(body.slice(4), 'hex'));
  return body;
}

describe('recorded requests', () => {
  const comparable = requests.filter(isComparable).filter(({ request: { body } }) => !isCut(body));
  test.each(comparable)('$group, $what', async (recorded) => {
    const response = await send(recorded);
    expect({ status: response.status, body: await response.text() }).toEqual({
      status: recorded.status,
      body: recorded.body,
    });
  });
});

/** Large bodies are cut in the recording. */
function isCut(body: unknown): boolean {
  return typeof body === 'string' && body.includes('…');
}

describe('POST /api/broadcast', () => {
  test('refuses a payload of more than 3 MB and a body of more than 8 MB', async () => {
    const post = async (size: number): Promise<Response> =>
      fetch(`${stack.url}/realtime/v1/api/broadcast`, {
        method: 'POST',
        headers: { authorization: `Bearer ${stack.anonKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          messages: [{ topic: 'room', event: 'ev', payload: { s: 'x'.repeat(size) } }],
        }),
      });
    const large = await post(3_200_000);
    expect(large.status).toBe(422);
    expect(await large.json()).toEqual({
      errors: { messages: [{ payload: ['Payload size exceeds tenant limit'] }] },
    });
    expect((await post(9_000_000)).status).toBe(413);
  });

  test('delivers to channels over both endpoints, to private ones only with permission to write', async () => {
    const received = collector<unknown>();
    const client = stack.client(undefined, { accessToken: () => tokens.resolve('<userA>') });
    await client.realtime.setAuth();
    const channel = client.channel('priv-rw', { config: { private: true } });
    channel.on('broadcast', { event: '*' }, ({ event }) => received.add(event));
    await subscribed(channel);
    const post = async (token: string, event: string): Promise<number> => {
      const headers = {
        authorization: `Bearer ${await tokens.resolve(token)}`,
        'content-type': 'application/json',
      };
      const batch = { messages: [{ topic: 'priv-rw', event, payload: {}, private: true }] };
      const url = `${stack.url}/realtime/v1/api/broadcast`;
      const single = await fetch(`${url}/priv-rw/events/${event}-single?private=true`, {
        method: 'POST',
        headers,
        body: '{}',
      });
      await fetch(url, { method: 'POST', headers, body: JSON.stringify(batch) });
      return single.status;
    };
    expect(await post('<anon>', 'anon')).toBe(403);
    expect(await post('<userA>', 'user')).toBe(202);
    expect(await post('<service>', 'service')).toBe(202);
    const events = [];
    for (let i = 0; i < 4; i++) events.push(await received.next());
    expect(events).toEqual(['user-single', 'user', 'service-single', 'service']);
  });
});

test('creates the partitions of realtime.messages from yesterday to three days ahead', async () => {
  const db = new pg.Client(stack.dbUrl);
  await db.connect();
  const { rows } = await db.query(
    `select count(*)::int as partitions from pg_inherits where inhparent = 'realtime.messages'::regclass
      and inhrelid::regclass::text ~ 'messages_\\d'`,
  );
  await db.end();
  expect(rows).toEqual([{ partitions: 5 }]);
});
