import { createHmac } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';

/** One recorded request to the real server and its answer. */
export interface Exchange {
  readonly name: string;
  readonly instance: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body: unknown;
  };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
  };
}

const JWT = String.raw`eyJ[\w-]+\.[\w-]+\.[\w-]*`;
const UUID = String.raw`[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}`;
const HASH = String.raw`(?:pkce_)?[\da-f]{56}`;
const REFRESH = String.raw`\b[a-z2-7]{12}\b`;
const TOTP_SECRET = String.raw`\b[A-Z2-7]{32}\b`;
const DYNAMIC = new RegExp([JWT, UUID, HASH, REFRESH, TOTP_SECRET].join('|'), 'g');
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const RECORDED_SECRET = 'super-secret-jwt-token-with-at-least-32-characters-long';
// When the recording ended, in seconds since 1970.
const RECORDED_AT = 1_795_357_180;
const RECORDED_ORIGIN = 'http://127.0.0.1:54321';
// What a soft delete leaves in place of address, number and identities.
const HIDDEN = /^(?=.*[A-Z_-])(?:[\w-]{15}|[\w-]{43})$/;
const UNCOMPARED_HEADERS = new Set([
  'date',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
]);
// The gateway alone grants access to other origins: Auth must not send these, whatever GoTrue sends.
const GATEWAY_HEADERS = new Set([
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-allow-methods',
  'access-control-allow-headers',
]);
const TIME_CLAIMS = new Set(['exp', 'iat', 'expires_at', 'timestamp', 'auth_time']);

/** Translates recorded requests to this run's ids and tokens, and compares the answers with the recorded ones. */
export class Replayer {
  readonly #known = new Map<string, string>();
  readonly #origin: string;
  readonly #jwtSecret: string;
  readonly #apiKeys: Readonly<Record<string, string>>;

  constructor(origin: string, jwtSecret: string, apiKeys: Readonly<Record<string, string>>) {
    this.#origin = origin;
    this.#jwtSecret = jwtSecret;
    this.#apiKeys = apiKeys;
  }

  /** Remembers this run's counterpart of a recorded value. */
  learn(recorded: string, actual: string): void {
    if (recorded !== actual) this.#known.set(recorded, actual);
  }

  known(recorded: string): string | undefined {
    return this.#known.get(recorded);
  }

  /** Recorded text with this run's values in place of the recorded ones. */
  translate(text: string): string {
    return text
      .replaceAll(
        DYNAMIC,
        (found) => this.#known.get(found) ?? (found.startsWith('eyJ') ? this.#resign(found) : found),
      )
      .replaceAll(RECORDED_ORIGIN, this.#origin)
      .replaceAll(encodeURIComponent(RECORDED_ORIGIN), encodeURIComponent(this.#origin));
  }

  /** A hand-made token of the recording: the same claims about this run's user, with a good signature only if it had one. */
  #resign(token: string): string {
    const [header = '', payload = '', signature = ''] = token.split('.');
    const claims = decode(payload);
    const role = typeof claims?.role === 'string' ? claims.role : '';
    const apiKey = this.#apiKeys[role];
    if (apiKey !== undefined && claims?.sub === undefined) return apiKey;
    const sign = (body: string, secret: string): string =>
      createHmac('sha256', secret).update(body).digest('base64url');
    if (decode(header)?.alg !== 'HS256' || !claims) return token;
    const wasGood = sign(`${header}.${payload}`, RECORDED_SECRET) === signature;
    const shift = Math.floor(Date.now() / 1000) - RECORDED_AT;
    for (const name of ['exp', 'iat', 'nbf']) {
      if (typeof claims[name] === 'number') claims[name] += shift;
    }
    const body = `${header}.${Buffer.from(this.translate(JSON.stringify(claims))).toString('base64url')}`;
    return `${body}.${sign(body, wasGood ? this.#jwtSecret : 'another secret')}`;
  }

  /** The differences between the recorded and the actual answer. Learns this run's values on the way. */
  compare(exchange: Exchange, actual: { status: number; headers: Headers; text: string }): string[] {
    const { response } = exchange;
    if (response.status !== actual.status) {
      return [`status ${actual.status} instead of ${response.status}: ${actual.text.slice(0, 300)}`];
    }
    const problems = this.#compareHeaders(response.headers, actual.headers);
    if (typeof response.body === 'string' && response.body !== '') {
      if (!actual.headers.has('location'))
        problems.push(...this.#compareValue('body', response.body, actual.text));
    } else if (response.body !== '' && response.body !== null) {
      problems.push(...this.#compareValue('body', response.body, parse(actual.text)));
    } else if (actual.text !== '') {
      problems.push(`body ${actual.text.slice(0, 200)} instead of none`);
    }
    return problems;
  }

  #compareHeaders(recorded: Readonly<Record<string, string>>, actual: Headers): string[] {
    const problems: string[] = [];
    for (const [name, value] of Object.entries(recorded)) {
      if (GATEWAY_HEADERS.has(name)) continue;
      const given = actual.get(name);
      if (UNCOMPARED_HEADERS.has(name)) continue;
      if (given === null) problems.push(`header ${name} is missing (recorded: ${value})`);
      else if (name === 'sb-auth-refresh-token-prefix') continue;
      else if (name === 'allow')
        problems.push(...this.#compareValue('header allow', sortList(value), sortList(given)));
      else if (name === 'location') problems.push(...this.#compareLocation(value, given));
      else problems.push(...this.#compareValue(`header ${name}`, value, given));
    }
    for (const [name] of actual) {
      const isRecorded = recorded[name] !== undefined && !GATEWAY_HEADERS.has(name);
      if (!isRecorded && !UNCOMPARED_HEADERS.has(name)) problems.push(`header ${name} was not recorded`);
    }
    return problems;
  }

  #compareLocation(recorded: string, actual: string): string[] {
    const split = (text: string): [string, Record<string, string>, Record<string, string>] => {
      const [rest = '', fragment = ''] = text.split('#', 2);
      const [base = '', query = ''] = rest.split('?', 2);
      return [
        base,
        Object.fromEntries(new URLSearchParams(query)),
        Object.fromEntries(new URLSearchParams(fragment)),
      ];
    };
    const [a, b] = [split(recorded), split(actual)];
    return ['base', 'query', 'fragment'].flatMap((part, index) =>
      this.#compareValue(`location ${part}`, a[index], b[index]),
    );
  }

  #compareValue(path: string, recorded: unknown, actual: unknown): string[] {
    if (Array.isArray(recorded) && Array.isArray(actual)) {
      if (recorded.length !== actual.length)
        return [`${path}: ${actual.length} instead of ${recorded.length} elements`];
      // GoTrue lists these in the physical order of the table.
      const sort = (list: unknown[]): unknown[] =>
        /\.(?:factors|identities)$/.test(path) ? list.toSorted(byName) : list;
      const ours = sort(actual);
      return sort(recorded).flatMap((element, index) =>
        this.#compareValue(`${path}[${index}]`, element, ours[index]),
      );
    }
    if (isRecord(recorded) && isRecord(actual)) {
      const [names, given] = [Object.keys(recorded), Object.keys(actual)];
      if (!isDeepStrictEqual(names, given))
        return [`${path}: keys ${given.join()} instead of ${names.join()}`];
      return names.flatMap((name) => this.#compareValue(`${path}.${name}`, recorded[name], actual[name]));
    }
    if (typeof recorded === 'string' && typeof actual === 'string')
      return this.#compareText(path, recorded, actual);
    const isTime = TIME_CLAIMS.has(path.split('.').at(-1) ?? '');
    if (isTime && (typeof actual === typeof recorded || Number(actual) > 0)) return [];
    return isDeepStrictEqual(recorded, actual)
      ? []
      : [`${path}: ${JSON.stringify(actual)} instead of ${JSON.stringify(recorded)}`];
  }

  #compareText(path: string, recorded: string, actual: string): string[] {
    const name = path.split('.').at(-1) ?? '';
    if (TIME.test(recorded) && TIME.test(actual)) return [];
    if (TIME_CLAIMS.has(name) && Number(actual) > 0) return [];
    if (name === 'qr_code' && actual.startsWith('<?xml')) return [];
    if (HIDDEN.test(recorded) && HIDDEN.test(actual) && recorded.length === actual.length) return [];
    if (name === 'email_otp') {
      this.learn(recorded, actual);
      return [];
    }
    if (recorded.startsWith('eyJ') && actual.startsWith('eyJ'))
      return this.#compareJwt(path, recorded, actual);
    const [ours, theirs] = [actual.match(DYNAMIC) ?? [], recorded.match(DYNAMIC) ?? []];
    for (const [index, value] of theirs.entries()) {
      if (ours.length === theirs.length && !this.#known.has(value)) this.learn(value, ours[index] ?? '');
    }
    const seconds = (text: string): string => text.replace(/after \d+ seconds/, 'after N seconds');
    const expected = seconds(this.translate(recorded));
    return expected === seconds(actual)
      ? []
      : [`${path}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`];
  }

  #compareJwt(path: string, recorded: string, actual: string): string[] {
    this.#known.set(recorded, actual);
    const parts = (token: string): unknown[] => token.split('.').slice(0, 2).map(decode);
    return this.#compareValue(path, parts(recorded), parts(actual));
  }
}

function byName(a: unknown, b: unknown): number {
  const name = (value: unknown): string =>
    isRecord(value) ? JSON.stringify(value.provider ?? value.friendly_name ?? '') : '';
  return name(a) < name(b) ? -1 : 1;
}

/** A header list whose order carries no meaning. */
function sortList(text: string): string {
  return text.split(', ').toSorted().join(', ');
}

function decode(part: string): Record<string, unknown> | undefined {
  const value = parse(Buffer.from(part, 'base64url').toString());
  return isRecord(value) ? value : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
