import { once } from 'node:events';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { LOCAL_KEYS } from '../../../plugin/stack/keys.ts';
import { makeProject, type TestProject } from '../../helpers/project.ts';
import { makeRecordedTokens, type RecordedTokens } from '../../helpers/realtime/project.ts';
import { startBareRealtime } from '../../helpers/realtime/service.ts';

let project: TestProject;
let tokens: RecordedTokens;

beforeAll(async () => {
  tokens = await makeRecordedTokens(LOCAL_KEYS.jwtSecret);
  project = await makeProject(tokens.files);
});

afterAll(() => project.remove());

describe('closing the service', () => {
  test('closes sockets with code 1012, after which official clients reconnect', async () => {
    await using realtime = await startBareRealtime(project.root);
    const apikey = await tokens.resolve('<anon>');
    const socket = new WebSocket(`ws://${realtime.host}/socket/websocket?apikey=${apikey}`);
    await once(socket, 'open');
    const closed = once(socket, 'close');
    await realtime.close();
    const [code] = await closed;
    expect(code).toBe(1012);
  });

  test('ends a request whose body is still being sent', async () => {
    await using realtime = await startBareRealtime(project.root);
    const headers = { 'content-length': '100', expect: '100-continue' };
    const req = request(`http://${realtime.host}/api/broadcast`, { method: 'POST', headers });
    // "100 Continue" is sent when the service receives the request.
    await once(req, 'continue');
    req.write('{"messages":');
    const failed = once(req, 'error');
    await realtime.close();
    const [error] = await failed;
    expect(error).toMatchObject({ code: 'ECONNRESET' });
  });
});
