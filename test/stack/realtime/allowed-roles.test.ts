import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ALLOWED_ROLES_HEADER, VISITOR_ROLES } from '../../../plugin/shared/allowed-roles.ts';
import { LOCAL_KEYS } from '../../../plugin/stack/keys.ts';
import { makeProject, type TestProject } from '../../helpers/project.ts';
import { startBareRealtime, type BareRealtime } from '../../helpers/realtime/service.ts';

const VISITOR = { [ALLOWED_ROLES_HEADER]: VISITOR_ROLES };
const REFUSED_ROLES = [
  'service_role',
  'postgres',
  'supabase_admin',
  'supabase_storage_admin',
  'SERVICE_ROLE',
  'anon,authenticated',
  ' anon',
  '',
];

let project: TestProject;
let realtime: BareRealtime;

beforeAll(async () => {
  project = await makeProject({});
  realtime = await startBareRealtime(project.root);
});

afterAll(async () => {
  await realtime[Symbol.asyncDispose]();
  await project.remove();
});

function sign(role: string): Promise<string> {
  return new SignJWT({ role, exp: Math.floor(Date.now() / 1000) + 3600 })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(LOCAL_KEYS.jwtSecret));
}

/** Opens a socket; rejects with the status of a refusal. */
function open(token: string, headers: Record<string, string> = {}, query = ''): Promise<WebSocket> {
  const url = `ws://${realtime.host}/socket/websocket?vsn=2.0.0&apikey=${query || token}`;
  const socket = new WebSocket(url, { headers });
  return new Promise((resolve, reject) => {
    socket.on('error', () => {});
    socket.once('open', () => resolve(socket));
    socket.once('unexpected-response', (req, res) => {
      req.destroy();
      reject(new Error(String(res.statusCode)));
    });
  });
}

/** The frames that arrive until one of this event, as `[event, payload]`. */
function receive(socket: WebSocket, event: string): Promise<unknown[]> {
  const frames: unknown[] = [];
  return new Promise((resolve) => {
    const listen = (data: Buffer): void => {
      const [, , , name, payload] = JSON.parse(data.toString());
      frames.push([name, payload]);
      if (name !== event) return;
      socket.off('message', listen);
      resolve(frames);
    };
    socket.on('message', listen);
  });
}

async function join(socket: WebSocket, payload: object): Promise<unknown> {
  const answer = receive(socket, 'phx_reply');
  socket.send(JSON.stringify(['1', '1', 'realtime:room', 'phx_join', { config: {}, ...payload }]));
  return ((await answer).at(-1) as [string, unknown])[1];
}

function post(path: string, headers: Record<string, string>): Promise<number> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: '{}' };
  return fetch(`http://${realtime.host}${path}`, init).then(({ status }) => status);
}

const SINGLE = '/api/broadcast/room/events/e';
const BAD_SIGNATURE = {
  status: 'error',
  response: { reason: 'JwtSignatureError: Failed to validate JWT signature' },
};

describe.each(REFUSED_ROLES)('a visitor with a token of role "%s"', (role) => {
  let token: string;
  let anon: string;
  beforeAll(async () => {
    [token, anon] = [await sign(role), await sign('anon')];
  });

  test('opens no socket, with the key in the query or in a header', async () => {
    await expect(open(token, VISITOR)).rejects.toThrow('401');
    await expect(open(token, { ...VISITOR, 'x-api-key': token }, anon)).rejects.toThrow('401');
    await expect(open(encodeURIComponent(token.replaceAll('.', '%2E')), VISITOR)).rejects.toThrow('401');
  });

  test.each(['access_token', 'user_token'])('joins no channel by %s', async (field) => {
    const socket = await open(anon, VISITOR);
    expect(await join(socket, { [field]: token })).toEqual(BAD_SIGNATURE);
    expect(await join(socket, { [field]: ` ${token}\n` })).toEqual(BAD_SIGNATURE);
    expect(await join(socket, {})).toMatchObject({ status: 'ok' });
    socket.close();
  });

  test('loses a joined channel by an access_token message, and later ones too', async () => {
    const socket = await open(anon, VISITOR);
    for (let round = 0; round < 2; round++) {
      expect(await join(socket, {})).toMatchObject({ status: 'ok' });
      const closed = receive(socket, 'phx_close');
      socket.send(JSON.stringify(['1', '2', 'realtime:room', 'access_token', { access_token: token }]));
      expect((await closed)[0]).toEqual(['system', expect.objectContaining({ message: ':signature_error' })]);
    }
    socket.close();
  });

  test('broadcasts nothing over HTTP and reads no health', async () => {
    for (const [name, value] of [
      ['authorization', `Bearer ${token}`],
      ['apikey', token],
    ] as const) {
      expect(await post(SINGLE, { ...VISITOR, [name]: value })).toBe(401);
      expect(await post('/api/broadcast', { ...VISITOR, [name]: value })).toBe(401);
    }
    const headers = { ...VISITOR, authorization: `Bearer ${token}` };
    const health = await fetch(`http://${realtime.host}/api/tenants/realtime-dev/health`, { headers });
    expect(health.status).toBe(403);
  });
});

test.each(['anon', 'authenticated'])('a visitor may use role %s everywhere', async (role) => {
  const token = await sign(role);
  const socket = await open(token, VISITOR);
  expect(await join(socket, { access_token: token })).toMatchObject({ status: 'ok' });
  socket.close();
  expect(await post(SINGLE, { ...VISITOR, authorization: `Bearer ${token}` })).toBe(202);
});

test('a caller of this machine may use any role', async () => {
  const token = await sign('service_role');
  const socket = await open(token);
  expect(await join(socket, { access_token: token })).toMatchObject({ status: 'ok' });
  socket.close();
  expect(await post(SINGLE, { authorization: `Bearer ${token}` })).toBe(202);
});
