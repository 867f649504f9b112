import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createFixtureRealtime, type FixtureRealtimeOptions } from '../../helpers/gateway/realtime.ts';
import { ask, listen } from '../../helpers/gateway/support.ts';
import { JWT_SECRET, signToken } from '../../helpers/gateway/tokens.ts';
import { upgrade } from '../../helpers/gateway/upgrade-client.ts';

interface Attempt {
  readonly group: string;
  readonly request: {
    readonly host: string;
    readonly path: string;
    readonly apikey: string;
    readonly 'x-api-key': string;
    readonly authorization: string;
    readonly vsn: string;
    readonly params?: Readonly<Record<string, string>>;
    readonly extraHeaders?: Readonly<Record<string, string>> | string;
    readonly noUpgrade?: boolean;
  };
  readonly status: number;
  readonly ms: number;
  readonly body?: string;
}

const recording = JSON.parse(
  readFileSync(new URL('../../fixtures/realtime/handshake.json', import.meta.url), 'utf8'),
) as { attempts: Attempt[] };

const signingKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const JWKS: FixtureRealtimeOptions['jwks'] = [
  { ...signingKey.publicKey.export({ format: 'jwk' }), kty: 'EC', kid: 'es-key', alg: 'ES256' },
];

/** The tokens of the recording, by name. */
const TOKENS: Readonly<Record<string, string>> = {
  anon: signToken({ role: 'anon' }),
  service: signToken({ role: 'service_role' }),
  userA: signToken({ role: 'authenticated', sub: 'a' }),
  expired: signToken({ role: 'authenticated', exp: 1_600_000_000 }),
  badsig: signToken({ role: 'anon' }, 'another-secret-of-thirty-two-characters'),
  norole: signToken({}),
  noexp: signToken({ role: 'anon', exp: undefined }),
  unknownrole: signToken({ role: 'not_a_role' }),
  es256: signEs256({ kid: 'es-key' }, signingKey.privateKey),
  es256badkid: signEs256({ kid: 'no-such-kid' }, signingKey.privateKey),
  es256nokid: signEs256({}, signingKey.privateKey),
  hskid: signToken({ role: 'anon' }, JWT_SECRET, { kid: 'no-such-kid' }),
  algnone: signEs256({ alg: 'none' }, signingKey.privateKey),
  publishable: 'sb_publishable_abc',
  secret: 'sb_secret_abc',
  garbage: 'garbage',
  garbage3: 'aaa.bbb.ccc',
};

function signEs256(header: object, key: KeyObject): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const payload = { role: 'anon', exp: Math.floor(Date.now() / 1000) + 3600 };
  const body = `${encode({ alg: 'ES256', typ: 'JWT', ...header })}.${encode(payload)}`;
  return `${body}.${sign('sha256', Buffer.from(body), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

function resolveToken(text: string): string {
  // The server removes whitespace inside a token; the recorded token has some.
  if (/\s/.test(text) && text.startsWith('eyJ'))
    return `${TOKENS.anon?.slice(0, 20)} \n${TOKENS.anon?.slice(20)}`;
  return text.replace(/<(\w+)>/, (_, name: string) => TOKENS[name] ?? name);
}

function toRequest({ request }: Attempt): { path: string; headers: Record<string, string> } {
  const query = new URLSearchParams();
  if (request.apikey !== '(none)') query.set('apikey', resolveToken(request.apikey));
  if (request.vsn !== '(none)') query.set('vsn', request.vsn);
  for (const [name, value] of Object.entries(request.params ?? {})) {
    query.set(name, value.startsWith('9000') ? 'a'.repeat(9_000) : value);
  }
  const headers: Record<string, string> = { host: request.host };
  for (const name of ['x-api-key', 'authorization'] as const) {
    if (request[name] !== '(none)') headers[name] = resolveToken(request[name]);
  }
  const extra = request.extraHeaders ?? {};
  if (typeof extra === 'string') headers['x-big'] = 'a'.repeat(5_000);
  else
    for (const [name, value] of Object.entries(extra))
      headers[name] = name === 'apikey' ? resolveToken('<anon>') : value;
  return { path: `${request.path}?${query.toString()}`, headers };
}

describe('the fixture of Realtime answers as in the recording of the real one', () => {
  const attempts = recording.attempts
    // Long polling, which the gateway does not route (nor does the CLI's Kong).
    .filter(({ request }) => request.path !== '/socket/longpoll')
    .map((attempt, index) => ({
      ...attempt,
      name: `${index} ${attempt.group}: ${describeAttempt(attempt)}`,
    }));

  test.each(attempts)('$name → $status', async (attempt) => {
    const { server } = createFixtureRealtime({ secret: JWT_SECRET, jwks: JWKS, refusalDelay: 1 });
    const { url } = await listen(server);
    const { path, headers } = toRequest(attempt);
    const answer = attempt.request.noUpgrade
      ? await ask(url, path, { headers })
      : await upgrade(url, path, headers);
    expect(answer.status).toBe(attempt.status);
    expect(answer.body).toBe(attempt.body ?? '');
  });
});

function describeAttempt({ request }: Attempt): string {
  return Object.entries(request)
    .filter(([, value]) => value !== '(none)')
    .map(([name, value]) => `${name}=${JSON.stringify(value).slice(0, 40)}`)
    .join(' ');
}
