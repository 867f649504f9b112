import type pg from 'pg';
import { WebSocket } from 'ws';
import { Matcher } from './match.ts';
import type { RecordedTokens } from './project.ts';
import { decodeBinary, expandText, type RecordedEvent, type Scenario } from './recording.ts';

const TIMEOUT_MS = 8_000;

/** A frame of this server. */
interface Received {
  readonly value: unknown;
  readonly text: string;
  readonly kind: Kind;
  /** Position among all frames of the socket. */
  readonly index: number;
}

/** By which a recorded frame finds its counterpart: frames of one kind arrive in the recorded order. */
interface Kind {
  readonly topic: string;
  readonly event: string;
}

class RecordedClient {
  readonly socket: WebSocket;
  /** Frames that the recording has not asked for yet. */
  readonly pending: Received[] = [];
  readonly closed: Promise<number>;
  readonly #taken: Received[] = [];
  #count = 0;
  #wake: () => void = () => {};

  constructor(url: string) {
    this.socket = new WebSocket(url);
    this.closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.on('message', (data: Buffer, isBinary) => {
      const text = isBinary ? data.toString('hex') : data.toString();
      const value = isBinary ? decodeBinary(data) : parse(text);
      this.pending.push({ value, text, kind: kindOf(value), index: this.#count++ });
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

  /** Resolves once all frames that the server has sent so far have arrived: the pong comes after them. */
  async settled(): Promise<void> {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    await new Promise((resolve) => {
      this.socket.once('pong', resolve);
      this.socket.ping();
    });
  }

  /** Takes the next frame of a kind; waits for it. */
  async take({ topic, event }: Kind): Promise<Received> {
    const deadline = performance.now() + TIMEOUT_MS;
    for (;;) {
      const position = this.pending.findIndex(({ kind }) => kind.topic === topic && kind.event === event);
      if (position !== -1) return this.pending.splice(position, 1)[0] as Received;
      const remaining = deadline - performance.now();
      if (remaining <= 0) {
        const others = this.pending.map(({ text }) => text.slice(0, 200)).join('\n');
        throw new Error(`no frame ${topic} ${event} arrived; others: ${others}`);
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

  /** Whether a frame arrived after those that precede it in the recording, as far as their order is fixed. */
  checkOrder(frame: Received): string | undefined {
    const late = this.#taken.find(
      (other) => other.index > frame.index && isOrderFixed(other.kind, frame.kind),
    );
    this.#taken.push(frame);
    return late && `order: ${frame.text.slice(0, 200)} arrived before ${late.text.slice(0, 200)}`;
  }
}

/**
 * Whether the real server fixes the order of two frames on one socket. It does not, because they are sent by different
 * processes, and the recordings contain both orders:
 * - of one change on several topics (pg-two-topics-one-change is x2, x1 with protocol 1.0.0 and x1, x2 with 2.0.0);
 * - of the diff and the reply of one `track` (presence-same-key is diff, reply with 1.0.0 and reply, diff with 2.0.0).
 */
function isOrderFixed(a: Kind, b: Kind): boolean {
  if (isChange(a) && isChange(b)) return a.topic === b.topic;
  const events = [a.event, b.event];
  return !(events.includes('presence_diff') && events.includes('phx_reply'));
}

function isChange({ event }: Kind): boolean {
  return ['postgres_changes', 'INSERT', 'UPDATE', 'DELETE'].includes(event);
}

export interface ReplayTarget {
  /** Such as `ws://127.0.0.1:54321/realtime/v1/websocket`. */
  readonly url: string;
  /** Runs the SQL of the scenario; undefined for scenarios without SQL. */
  readonly db?: pg.Client;
  readonly tokens: RecordedTokens;
}

/**
 * Plays a recorded scenario against a server: sends what the clients sent, runs the SQL, and compares every frame and, on
 * each socket, the order of frames.
 *
 * @returns the differences; none when the server behaved like the recorded one
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
      for (const frame of client.pending) differences.push(`${name}: unexpected ${frame.text.slice(0, 400)}`);
    }
    return differences;
  } finally {
    for (const { socket } of clients.values()) socket.terminate();
  }
}

/**
 * At the end all clients close at once: which frames about each other they still receive is chance, so these are left out.
 * In the middle, frames that a close caused were recorded just before the close itself.
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

/** Whether a channel still receives the diff of its own leave after its phx_close is chance, too. */
function isAfterClose(event: RecordedEvent, before: readonly RecordedEvent[]): boolean {
  const previous = before.findLast(({ client }) => client === event.client);
  return isReceived(event, 'presence_diff') && isReceived(previous, 'phx_close');
}

function isLeaveAtEnd(event: RecordedEvent | undefined, end: number): boolean {
  return event !== undefined && isReceived(event, 'presence_diff') && event.t > end - 100;
}

function isReceived(event: RecordedEvent | undefined, name: string): boolean {
  return event?.dir === '<-' && kindOf(event.frame).event === name;
}

async function play(
  event: RecordedEvent,
  clients: Map<string, RecordedClient>,
  matcher: Matcher,
  { url, db, tokens }: ReplayTarget,
): Promise<string | undefined> {
  if (event.sql !== undefined) {
    await db?.query(event.sql, event.params && [...event.params]).catch(() => {});
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
  // To a 1.0.0 receiver of a binary payload the real server sends a printed Elixir term, which is not JSON.
  if (typeof event.frame === 'string' && event.frame.includes('%{error')) return undefined;
  const expected = event.decoded ?? event.frame;
  const received = await client.take(kindOf(expected));
  const difference = client.checkOrder(received) ?? matcher.difference(expected, received.value);
  if (difference !== undefined || typeof event.raw !== 'string' || !event.raw.includes('commit_timestamp'))
    return difference;
  // Numbers beyond a double's precision and the order of keys are visible only in the text.
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

function kindOf(value: unknown): Kind {
  if (Array.isArray(value)) return { topic: String(value[2]), event: String(value[3]) };
  if (typeof value !== 'object' || value === null) return { topic: '', event: 'other' };
  const { topic, event, kind } = value as Record<string, unknown>;
  return { topic: String(topic), event: String(event ?? kind) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
