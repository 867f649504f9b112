import type pg from 'pg';
import { WebSocket } from 'ws';
import { Matcher } from './match.ts';
import type { RecordedTokens } from './project.ts';
import { decodeBinary, expandText, type RecordedEvent, type Scenario } from './recording.ts';

const TIMEOUT_MS = 8_000;

/** A frame that has come and was not expected yet. */
interface Received {
  readonly value: unknown;
  readonly text: string;
  /** Frames of one kind have to come in the order of the recording. */
  readonly kind: string;
}

class RecordedClient {
  readonly socket: WebSocket;
  readonly received: Received[] = [];
  readonly closed: Promise<number>;
  #wake: () => void = () => {};

  constructor(url: string) {
    this.socket = new WebSocket(url);
    this.closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.on('message', (data: Buffer, isBinary) => {
      const text = isBinary ? data.toString('hex') : data.toString();
      const value = isBinary ? decodeBinary(data) : parse(text);
      this.received.push({ value, text, kind: kindOf(value) });
      this.#wake();
    });
  }

  async opened(): Promise<void> {
    await new Promise((resolve, reject) => {
      this.socket.once('open', resolve);
      this.socket.once('error', reject);
    });
    this.socket.on('error', () => {});
  }

  /** All that was sent before has come when the answer to a ping has. */
  async settled(): Promise<void> {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    await new Promise((resolve) => {
      this.socket.once('pong', resolve);
      this.socket.ping();
    });
  }

  /** Takes the next frame of a kind. */
  async take(kind: string): Promise<Received> {
    const deadline = performance.now() + TIMEOUT_MS;
    for (;;) {
      const index = this.received.findIndex((frame) => frame.kind === kind);
      if (index !== -1) return this.received.splice(index, 1)[0] as Received;
      const remaining = deadline - performance.now();
      if (remaining <= 0) {
        const others = this.received.map(({ text }) => text.slice(0, 200)).join('\n');
        throw new Error(`nothing of kind ${kind} came; others: ${others}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, remaining);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

export interface ReplayTarget {
  /** Such as `ws://127.0.0.1:54321/realtime/v1/websocket`. */
  readonly url: string;
  readonly db: pg.Client;
  readonly tokens: RecordedTokens;
}

/**
 * Plays a recorded scenario against a server: sends what the clients sent, runs the SQL, and compares every frame.
 *
 * @returns the differences; none when the server behaved as the recorded one
 */
export async function replayScenario(scenario: Scenario, target: ReplayTarget): Promise<string[]> {
  const clients = new Map<string, RecordedClient>();
  const matcher = new Matcher();
  const differences: string[] = [];
  const events = orderEvents(scenario.events);
  try {
    for (const event of events) {
      const difference = await play(event, clients, matcher, target).catch((error: unknown) => String(error));
      if (difference !== undefined) differences.push(`${event.t} ${event.client ?? ''} ${difference}`);
      if (differences.length > 3) return differences;
    }
    await Promise.all([...clients.values()].map((client) => client.settled()));
    for (const [name, client] of clients) {
      for (const frame of client.received)
        differences.push(`${name}: unexpected ${frame.text.slice(0, 400)}`);
    }
    return differences;
  } finally {
    for (const { socket } of clients.values()) socket.terminate();
  }
}

/**
 * Clients close at the end, all at once: what they still hear of each other is chance and left out. In the middle, what
 * others hear of a close is recorded just before the close itself.
 */
function orderEvents(recorded: readonly RecordedEvent[]): RecordedEvent[] {
  const events = recorded.filter((event, i) => !isAfterClose(event, recorded.slice(0, i)));
  const end = events.at(-1)?.t ?? 0;
  const isAtEnd = (event: RecordedEvent | undefined): boolean =>
    event?.closed?.code === 1000 && event.t > end - 100;
  while (isAtEnd(events.at(-1)) || isLeaveAtEnd(events.at(-1), end)) events.pop();
  for (let i = 0; i < events.length; i++) {
    const event = events[i];
    if (!event?.closed) continue;
    let to = i;
    while (events[to - 1]?.dir === '<-' && (events[to - 1]?.t ?? 0) >= event.t - 3) to--;
    events.splice(i, 1);
    events.splice(to, 0, event);
  }
  return events;
}

/** Whether a channel still hears of its own leave after its phx_close is chance, too. */
function isAfterClose(event: RecordedEvent, before: readonly RecordedEvent[]): boolean {
  const previous = before.findLast(({ client }) => client === event.client);
  const isDiff = event.dir === '<-' && kindOf(event.frame).endsWith(' presence_diff');
  return isDiff && previous?.dir === '<-' && kindOf(previous.frame).endsWith(' phx_close');
}

function isLeaveAtEnd(event: RecordedEvent | undefined, end: number): boolean {
  return event?.dir === '<-' && kindOf(event.frame).endsWith(' presence_diff') && event.t > end - 100;
}

async function play(
  event: RecordedEvent,
  clients: Map<string, RecordedClient>,
  matcher: Matcher,
  { url, db, tokens }: ReplayTarget,
): Promise<string | undefined> {
  if (event.sql !== undefined) {
    await db.query(event.sql, event.params && [...event.params]).catch(() => {});
    return undefined;
  }
  const name = event.client ?? '';
  if (event.open !== undefined) {
    const query = await fillTokens(event.open.slice(event.open.indexOf('?')), tokens);
    const client = new RecordedClient(url + query);
    clients.set(name, client);
    await client.opened();
    return undefined;
  }
  const client = clients.get(name);
  if (!client) return undefined;
  if (event.dir === '->') {
    client.socket.send(await messageToSend(event, tokens));
    return undefined;
  }
  if (event.dir === '<-') return expectFrame(event, client, matcher);
  if (event.closed) return close(client, event.closed.code);
  return undefined;
}

async function messageToSend(event: RecordedEvent, tokens: RecordedTokens): Promise<string | Buffer> {
  if (typeof event.raw === 'object') return Buffer.from(event.raw.hex, 'hex');
  if (event.raw !== undefined && event.frame === undefined) return event.raw;
  const text = JSON.stringify(event.frame, (_, value: unknown) =>
    typeof value === 'string' ? expandText(value) : value,
  );
  return fillTokens(text, tokens);
}

async function fillTokens(text: string, tokens: RecordedTokens): Promise<string> {
  const placeholders = new Set(text.match(/<(?:[a-zA-Z0-9]+|jwt [^>]+)>/g));
  let filled = text;
  for (const placeholder of placeholders) {
    filled = filled.replaceAll(placeholder, await tokens.resolve(placeholder));
  }
  return filled;
}

async function expectFrame(
  event: RecordedEvent,
  client: RecordedClient,
  matcher: Matcher,
): Promise<string | undefined> {
  if (!('frame' in event) && !event.decoded) return undefined;
  // A V1 receiver of a binary payload: the original sends the text of an Elixir term there, no JSON.
  if (typeof event.frame === 'string' && event.frame.includes('%{error')) return undefined;
  const expected = event.decoded ?? event.frame;
  const received = await client.take(kindOf(expected));
  const difference = matcher.difference(expected, received.value);
  if (difference !== undefined || typeof event.raw !== 'string' || !event.raw.includes('commit_timestamp'))
    return difference;
  // Numbers beyond a double's precision and the order of keys only show in the text.
  const [wanted, got] = [event.raw, received.text].map(normaliseText);
  return wanted === got ? undefined : `text: expected ${wanted}, got ${got}`;
}

function normaliseText(text: string): string {
  return text
    .replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, (_, quoted: string | undefined) => quoted ?? '')
    .replace(/"commit_timestamp":"[^"]*"/, '"commit_timestamp":"…"')
    .replace(/"ids":\[[^\]]*\]/, '"ids":[…]')
    .replaceAll(/"id":\d{5,}/g, '"id":…');
}

async function close(client: RecordedClient, code: number): Promise<string | undefined> {
  if (code === 1006 || code === 1009) {
    const actual = await client.closed;
    return actual === 1006 || actual === 1009 ? undefined : `closed with ${actual}`;
  }
  await client.settled();
  client.socket.close(code);
  await client.closed;
  return undefined;
}

/** Topic and event; for changes the table too. */
function kindOf(value: unknown): string {
  if (Array.isArray(value)) return `${String(value[2])} ${String(value[3])}`;
  if (typeof value !== 'object' || value === null) return 'other';
  const { topic, event, kind } = value as Record<string, unknown>;
  return `${String(topic)} ${String(event ?? kind)}`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
