import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LOCAL_KEYS } from '../../../plugin/stack/keys.ts';
import { makeProject, type TestProject } from '../../helpers/project.ts';
import { makeRecordedTokens, type RecordedTokens } from '../../helpers/realtime/project.ts';
import { readRecording } from '../../helpers/realtime/recording.ts';
import { startBareRealtime, type BareRealtime } from '../../helpers/realtime/service.ts';

interface Attempt {
  readonly group: string;
  readonly request: {
    readonly host: string;
    readonly path: string;
    readonly apikey: string;
    readonly 'x-api-key': string;
    readonly authorization: string;
    readonly vsn: string;
    readonly extraHeaders?: Readonly<Record<string, string>>;
    readonly params?: Readonly<Record<string, string>>;
    readonly noUpgrade?: boolean;
  };
  readonly status: number;
  readonly body?: string;
}

const { attempts } = await readRecording<{ attempts: Attempt[] }>('handshake.json');

/** Left out: the tenant by Host and Phoenix's own paths, which do not exist here, and what is cut in the recording. */
function isComparable({ group, request: { host, path, apikey, params, extraHeaders } }: Attempt): boolean {
  if (!host.toLowerCase().startsWith('realtime-dev') || group === 'big header') return false;
  if (/^\/(realtime\/v1\/websocket|live\/|socket\/longpoll)/.test(path)) return false;
  // Realtime crashes on a token whose parts are not base64.
  if (apikey === '<garbage3>' || params?.pad !== undefined) return false;
  return !JSON.stringify(extraHeaders ?? {}).includes('…');
}

let project: TestProject;
let tokens: RecordedTokens;
let realtime: BareRealtime;

beforeAll(async () => {
  tokens = await makeRecordedTokens(LOCAL_KEYS.jwtSecret);
  project = await makeProject(tokens.files);
  realtime = await startBareRealtime(project.root);
});

afterAll(async () => {
  await realtime[Symbol.asyncDispose]();
  await project.remove();
});

async function fill(value: string): Promise<string> {
  const placeholder = /<\w+>/.exec(value)?.[0];
  return placeholder === undefined ? value : value.replace(placeholder, await tokens.resolve(placeholder));
}

async function attempt({ request: recorded }: Attempt): Promise<{ status: number; body: string }> {
  const isGiven = (value: string): boolean => value !== '(none)';
  const query = new URLSearchParams(recorded.params);
  if (isGiven(recorded.apikey)) query.set('apikey', await fill(recorded.apikey));
  if (isGiven(recorded.vsn)) query.set('vsn', recorded.vsn);
  const headers: Record<string, string> = { host: recorded.host, connection: 'keep-alive' };
  if (!recorded.noUpgrade) {
    Object.assign(headers, {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    });
  }
  if (isGiven(recorded['x-api-key'])) headers['x-api-key'] = await fill(recorded['x-api-key']);
  if (isGiven(recorded.authorization)) headers.authorization = await fill(recorded.authorization);
  for (const [name, value] of Object.entries(recorded.extraHeaders ?? {}))
    headers[name.toLowerCase()] = value;
  return new Promise((resolve, reject) => {
    const req = request(`http://${realtime.host}${recorded.path}?${query.toString()}`, {
      headers,
      agent: false,
    });
    req.on('upgrade', (res, socket) => {
      socket.destroy();
      expect(res.headers).not.toHaveProperty('sec-websocket-protocol');
      expect(res.headers).not.toHaveProperty('sec-websocket-extensions');
      resolve({ status: res.statusCode ?? 0, body: '' });
    });
    req.on('response', (res) => {
      let body = '';
      res.on('data', (chunk: Buffer) => (body += chunk.toString()));
      res.on('end', () => resolve({ status: res.statusCode ?? 0, body }));
    });
    req.on('error', reject);
    req.end();
  });
}

describe('recorded handshakes', () => {
  const comparable = attempts
    .filter(isComparable)
    .map((one, i) => ({ ...one, title: describeAttempt(one, i) }));
  test.each(comparable)('$title', async (recorded) => {
    const { status, body } = await attempt(recorded);
    expect({ status, body }).toEqual({ status: recorded.status, body: recorded.body ?? '' });
  });
});

describe('handshakes', () => {
  test('are accepted at the public path as well', async () => {
    const recorded = attempts.find(
      ({ status, request: { apikey } }) => status === 101 && apikey === '<anon>',
    );
    const direct = {
      ...recorded,
      request: { ...recorded?.request, path: '/realtime/v1/websocket' },
    } as Attempt;
    expect((await attempt(direct)).status).toBe(101);
  });
});

function describeAttempt({ request: { path, apikey, vsn, ...rest }, status }: Attempt, i: number): string {
  return `${i} ${path} apikey ${apikey} x-api-key ${rest['x-api-key']} vsn ${vsn} → ${status}`;
}
