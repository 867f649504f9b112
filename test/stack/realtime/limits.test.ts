import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { LOCAL_KEYS } from '../../../plugin/stack/keys.ts';
import { makeProject, type TestProject } from '../../helpers/project.ts';
import { makeRecordedTokens, type RecordedTokens } from '../../helpers/realtime/project.ts';
import { readRecording, type Scenario } from '../../helpers/realtime/recording.ts';
import { replayScenario } from '../../helpers/realtime/replay.ts';
import { startBareRealtime } from '../../helpers/realtime/service.ts';

let project: TestProject;
let tokens: RecordedTokens;

beforeAll(async () => {
  tokens = await makeRecordedTokens(LOCAL_KEYS.jwtSecret);
  project = await makeProject(tokens.files);
});

afterAll(() => project.remove());

async function connect(host: string, version: 1 | 2 = 2): Promise<WebSocket> {
  const apikey = await tokens.resolve('<anon>');
  const socket = new WebSocket(`ws://${host}/socket/websocket?vsn=${version}.0.0&apikey=${apikey}`);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return socket;
}

function nextReply(socket: WebSocket, ref: string): Promise<unknown> {
  return new Promise((resolve) => {
    const listen = (data: Buffer): void => {
      const [, replyRef, , event, payload] = JSON.parse(data.toString());
      if (replyRef !== ref || event !== 'phx_reply') return;
      socket.off('message', listen);
      resolve(payload);
    };
    socket.on('message', listen);
  });
}

/** Joins a channel that receives its own broadcasts, and sends them until all have returned. */
async function flood(socket: WebSocket, count: number): Promise<void> {
  const joined = nextReply(socket, '1');
  socket.send('["1","1","realtime:rl","phx_join",{"config":{"broadcast":{"self":true}}}]');
  expect(await joined).toMatchObject({ status: 'ok' });
  const events: unknown[] = [];
  const isDone = new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer) => {
      const [, , , event] = JSON.parse(data.toString());
      events.push(event);
      if (events.length === count) resolve();
    });
  });
  const broadcast = '["1",null,"realtime:rl","broadcast",{"type":"broadcast","event":"x","payload":{}}]';
  for (let i = 0; i < count; i++) socket.send(broadcast);
  await isDone;
  expect(new Set(events)).toEqual(new Set(['broadcast']));
}

function send(socket: WebSocket, version: 1 | 2, event: string, payload: string): void {
  const v1 = `{"topic":"realtime:order","event":"${event}","payload":${payload},"ref":"1"}`;
  socket.send(version === 1 ? v1 : `["1","1","realtime:order","${event}",${payload}]`);
}

function collectEvents(socket: WebSocket): string[] {
  const events: string[] = [];
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString());
    events.push(Array.isArray(message) ? message[3] : message.event);
  });
  return events;
}

describe('limits', () => {
  test('refuses the 101st channel of a socket', async () => {
    await using realtime = await startBareRealtime(project.root);
    const socket = await connect(realtime.host);
    socket.setMaxListeners(200);
    const replies = [];
    for (let i = 1; i <= 101; i++) {
      replies.push(nextReply(socket, `${i}`));
      socket.send(JSON.stringify([`${i}`, `${i}`, `realtime:room-${i}`, 'phx_join', { config: {} }]));
    }
    const answers = await Promise.all(replies);
    expect(answers[99]).toMatchObject({ status: 'ok' });
    expect(answers[100]).toEqual({
      status: 'error',
      response: { reason: 'ChannelRateLimitReached: Too many channels' },
    });
    socket.close();
  });

  test('closes channels once the average exceeds 100 messages per second, and lets a burst pass', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      await using realtime = await startBareRealtime(project.root);
      // As many broadcasts as in the recorded flood of ten seconds (z-broadcast-rate-limit).
      const flooder = await connect(realtime.host);
      await flood(flooder, 5_160);
      flooder.close();
      vi.advanceTimersByTime(10_000);
      const { scenarios } = await readRecording<{ scenarios: Scenario[] }>('frames-v2.json');
      const scenario = scenarios.find(({ name }) => name === 'z-after-rate-limit');
      if (!scenario) throw new Error('the scenario is missing');
      const url = `ws://${realtime.host}/socket/websocket`;
      expect(await replayScenario(scenario, { url, tokens })).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  test.each([1, 2] as const)(
    'acknowledges a message before it closes the channel, in protocol %i',
    async (version) => {
      vi.useFakeTimers({ toFake: ['performance'] });
      try {
        await using realtime = await startBareRealtime(project.root);
        const flooder = await connect(realtime.host);
        await flood(flooder, 5_160);
        flooder.close();
        vi.advanceTimersByTime(10_000);
        const sender = await connect(realtime.host, version);
        const member = await connect(realtime.host);
        const received = [collectEvents(sender), collectEvents(member)];
        const join = '{"config":{"broadcast":{"self":true,"ack":true}}}';
        send(sender, version, 'phx_join', join);
        send(member, 2, 'phx_join', join);
        await expect.poll(() => received).toEqual([['phx_reply'], ['phx_reply']]);
        send(sender, version, 'broadcast', '{"type":"broadcast","event":"x","payload":{}}');
        await expect
          .poll(() => received)
          .toEqual([
            ['phx_reply', 'broadcast', 'phx_reply', 'system', 'phx_close'],
            ['phx_reply', 'broadcast', 'system', 'phx_close'],
          ]);
        sender.close();
        member.close();
      } finally {
        vi.useRealTimers();
      }
    },
  );

  test('closes a socket after a minute of silence, but not one that sends heartbeats', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    try {
      await using realtime = await startBareRealtime(project.root);
      const [silent, alive] = [await connect(realtime.host), await connect(realtime.host)];
      const closed = new Promise((resolve) => silent.once('close', resolve));
      vi.advanceTimersByTime(30_000);
      const reply = nextReply(alive, '1');
      alive.send('[null,"1","phoenix","heartbeat",{}]');
      await reply;
      vi.advanceTimersByTime(36_000);
      expect(await closed).toBe(1000);
      expect(alive.readyState).toBe(WebSocket.OPEN);
      alive.close();
    } finally {
      vi.useRealTimers();
    }
  });
});
