import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { parseJson } from '../../../../plugin/shared/json.ts';
import { FIXTURES, type RecordedBody, type Recording } from './recording.ts';
import { resign } from './resign.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const TOKENS = JSON.parse(readFileSync(new URL('_tokens.json', FIXTURES), 'utf8')) as Record<string, string>;

/** Matches what differs between runs: ids, times, tokens. */
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;
const JWT = /eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/;
const DYNAMIC = new RegExp(
  [
    UUID.source,
    JWT.source,
    String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`,
    String.raw`[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d{4} \d\d:\d\d:\d\d GMT\+0000 \([^)]+\)`,
    String.raw`http://127\.0\.0\.1(:\d+)?(?=/)`,
    String.raw`(?<=resumable/(?:sign/)?)[\w-]{20,}`,
    String.raw`(?<=nextCursor":")[^"]+`,
    String.raw`[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT`,
  ].join('|'),
  'g',
);
const LEARNED = new RegExp(
  `${UUID.source}|${JWT.source}|(?<=resumable/(?:sign/)?)[\\w-]{20,}|(?<=UploadId>)[^<]+`,
  'g',
);
// The TUS library sends the CORS headers, and the newer version here sends more of them.
const IGNORED_HEADERS = new Set([
  'date',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'access-control-allow-origin',
  'access-control-expose-headers',
  // Make content inert on the app's origin; the real Storage has an origin of its own.
  'content-security-policy',
  'x-content-type-options',
]);

/** Replays recordings in order, and uses the ids and tokens of responses in later requests. */
export class Replayer {
  readonly #origin: string;
  readonly #replaced = new Map<string, string>();

  constructor(url: string) {
    this.#origin = new URL(url).origin;
  }

  /** Sends a recorded request. @throws Error when its body was recorded only as a hash of unknown bytes */
  async send(recording: Recording): Promise<Answer> {
    const { method, headers = {}, body, ...rest } = recording.request ?? { method: 'GET', path: '/' };
    const bytes = this.#bytes(body ?? undefined);
    const path = this.substitute(rest.path);
    const sent: Record<string, string> = {};
    for (const [name, value] of Object.entries(headers)) sent[name] = this.substitute(complete(value));
    if (path !== rest.path && sent.authorization?.startsWith('AWS4'))
      sent.authorization = resign(method, path, sent);
    const isPartial = Number(headers['content-length']) > (body?.length ?? 0);
    if (headers['content-length'] !== undefined && !isPartial) sent['content-length'] = String(bytes.length);
    const answer = await exchange(this.#origin, method, path, sent, bytes, isPartial);
    this.#learn(recording, answer);
    return answer;
  }

  /** Replaces recorded tokens and ids by those of this run. */
  substitute(text: string): string {
    let replaced = text.replaceAll(/\{\{(\w+)\}\}/g, (_match, name: string) => TOKENS[name] ?? '');
    for (const [from, to] of this.#replaced) replaced = replaced.replaceAll(from, to);
    return replaced;
  }

  #bytes(body: RecordedBody | undefined): Buffer {
    if (!body || body.empty) return Buffer.alloc(0);
    if (body.json !== undefined) return Buffer.from(this.substitute(JSON.stringify(body.json)));
    if (body.text !== undefined) return Buffer.from(this.substitute(body.text));
    return guessBytes(body.length ?? 0, body.sha256 ?? '');
  }

  #learn({ response }: Recording, answer: Answer): void {
    if (!response) return;
    const text = answer.body.toString('utf8');
    this.#compare(response.headers, answer.headers);
    this.#compare(response.body.json ?? response.body.text, parseJson(text) ?? text);
  }

  /** Walks both responses in parallel, and maps each recorded id or token to the one at the same place. */
  #compare(recorded: unknown, actual: unknown, key = ''): void {
    if (typeof recorded === 'string' && typeof actual === 'string') {
      const from = recorded.match(LEARNED) ?? [];
      const to = actual.match(LEARNED) ?? [];
      if (from.length === to.length)
        for (const [index, value] of from.entries())
          if (value !== to[index]) this.#replaced.set(value, to[index] ?? '');
      if (key === 'nextCursor' && recorded !== actual) this.#replaced.set(recorded, actual);
    } else if (isObject(recorded) && isObject(actual))
      for (const [name, value] of Object.entries(recorded)) this.#compare(value, actual[name], name);
  }
}

/** A recorded or real response without what differs between runs. */
function comparable(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: unknown,
  only?: ReadonlySet<string>,
): Record<string, unknown> {
  const kept = Object.entries(headers)
    .filter(([name]) => !IGNORED_HEADERS.has(name) && (only?.has(name) ?? true))
    .map(([name, value]) => [name, blot(value)]);
  const text = typeof body === 'string' ? body : JSON.stringify(sortKeys(body));
  const isVariable = new RegExp(DYNAMIC).test(typeof body === 'string' ? body : JSON.stringify(body ?? ''));
  const shown = Object.fromEntries(kept) as Record<string, string>;
  if (isVariable) delete shown['content-length'];
  return { status, headers: shown, body: text === undefined ? '' : blot(text) };
}

export function compareRecording(
  recording: Recording,
  answer: Answer,
): { expected: Record<string, unknown>; actual: Record<string, unknown> } {
  const { status = 0, headers = {}, body = {} } = recording.response ?? {};
  const text = answer.body.toString('utf8');
  const actualBody =
    body.json !== undefined
      ? (parseJson(text) ?? text)
      : body.text !== undefined || body.empty
        ? cutAs(body.text ?? '', text)
        : { length: answer.body.length, sha256: sha256(answer.body) };
  const recordedBody =
    body.json ?? body.text ?? (body.empty ? '' : { length: body.length, sha256: body.sha256 });
  return {
    expected: comparable(status, headers, recordedBody),
    actual: comparable(answer.status, answer.headers, actualBody),
  };
}

/** Finds the bytes of a body recorded by hash among the recorder's simple patterns. */
function guessBytes(length: number, hash: string): Buffer {
  const patterns = [
    (): Buffer => Buffer.from(Array.from({ length: Math.min(length, 1 << 20) }, (_, index) => index % 256)),
    (): Buffer => Buffer.alloc(length),
    (): Buffer => Buffer.alloc(length, 1),
    (): Buffer => Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    (): Buffer => Buffer.from(JSON.stringify({ prefix: 'x'.repeat(Math.max(0, length - 13)) })),
    (): Buffer => Buffer.from(LARGE_METADATA),
  ];
  for (const make of patterns) {
    const bytes = make();
    if (bytes.length === length && sha256(bytes) === hash) return bytes;
  }
  throw new Error(`Unknown bytes: ${length} with hash ${hash}`);
}

const LARGE_METADATA = [
  '--goldenboundary\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n',
  JSON.stringify({ a: 'x'.repeat(1_100_000) }),
  '\r\n--goldenboundary\r\nContent-Disposition: form-data; name=""; filename="b"\r\n',
  'Content-Type: text/plain\r\n\r\nx\r\n--goldenboundary--\r\n',
].join('');

// The recorder truncated long texts: "beginning…(17000 characters)".
const CUT = /^([^…]*)…\((\d+) characters\)$/s;

/** Restores a truncated header: one repeated character, or the metadata `{"a":"xxx…"}`. */
function complete(value: string): string {
  const [, beginning = '', length = ''] = CUT.exec(value) ?? [];
  if (length === '') return value;
  if (!beginning.startsWith('eyJh')) return beginning.charAt(0).repeat(Number(length));
  const thousands = Math.floor((Number(length) * 3) / 4 / 1000);
  return Buffer.from(JSON.stringify({ a: 'x'.repeat(thousands * 1000) })).toString('base64');
}

/** Truncates a text like a recorded one. */
function cutAs(recorded: string, text: string): string {
  const [, beginning = '', length = ''] = CUT.exec(recorded) ?? [];
  return length === '' ? text : `${text.slice(0, beginning.length)}…(${text.length} characters)`;
}

function exchange(
  origin: string,
  method: string,
  path: string,
  headers: Record<string, string>,
  body: Buffer,
  isPartial: boolean,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(origin);
    const req = request({ hostname, port, method, path, headers, agent: false }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('error', reject);
      res.on('end', () => {
        if (isPartial) req.destroy();
        resolve({
          status: res.statusCode ?? 0,
          headers: res.headers as Record<string, string>,
          body: Buffer.concat(chunks),
        });
      });
    });
    req.on('error', reject);
    if (isPartial) req.write(body);
    else req.end(body);
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function blot(text: string): string {
  return text.replaceAll(DYNAMIC, '…');
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sortKeys(inner)]),
  );
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
