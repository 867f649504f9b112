import { expect, test } from 'vitest';
import type { ObservedFrame } from '../../../plugin/shared/observed.ts';
import { Tap } from '../../../plugin/shared/tap.ts';
import { FrameLog, type LoggedFrame } from '../../../plugin/studio/frame-log.ts';

function frame(changes: Partial<ObservedFrame> = {}): ObservedFrame {
  return {
    socket: 1,
    direction: 'out',
    topic: 'realtime:room',
    event: 'broadcast',
    bytes: 10,
    payload: '{}',
    ...changes,
  };
}

test('nothing is kept while nobody follows', async () => {
  const frames = new Tap<ObservedFrame>();
  const log = new FrameLog(frames);
  frames.emit(frame());
  expect([log.list(), frames.isFollowed]).toEqual([[], false]);
  const received = new Promise<readonly LoggedFrame[]>((resolve) => {
    log.follow(resolve);
  });
  frames.emit(frame());
  expect((await received).length).toBe(1);
  log.close();
  expect(frames.isFollowed).toBe(false);
});

test.each([
  ['broadcast', '{"type":"broadcast","event":"greet","payload":1}', 'greet'],
  ['postgres_changes', '{"data":{"type":"INSERT","schema":"public","table":"t"}}', 'INSERT public.t'],
  ['phx_reply', '{"status":"error","response":{}}', 'error'],
  ['system', '{"message":"Subscribed"}', 'Subscribed'],
  ['broadcast', 'not JSON', undefined],
  ['broadcast', '[1]', undefined],
  ['broadcast', '{"event":{"deep":1}}', undefined],
  ['broadcast', `{"event":${'['.repeat(5000)}1${']'.repeat(5000)}}`, undefined],
])('%s %s is about %s', (event, payload, about) => {
  const frames = new Tap<ObservedFrame>();
  const log = new FrameLog(frames);
  log.follow(() => {});
  frames.emit(frame({ event, payload }));
  expect(log.list()[0]?.about).toBe(about);
  log.close();
});

test('number and size of what is kept are limited', () => {
  const frames = new Tap<ObservedFrame>();
  const log = new FrameLog(frames);
  log.follow(() => {});
  const payload = `"${'x'.repeat(3_000_000)}"`;
  for (let count = 0; count < 200; count += 1) frames.emit(frame({ payload }));
  frames.emit(frame({ payload: Buffer.from([0, 255]) }));
  const kept = log.list();
  expect(kept.length).toBeLessThan(130);
  expect(log.payloadOf(200)).toEqual({ text: payload.slice(0, 65_536), isShortened: true });
  expect(log.payloadOf(201)?.text.trim()).toBe('00 ff');
  expect(log.payloadOf(1)).toBeUndefined();
  for (let count = 0; count < 600; count += 1) frames.emit(frame());
  expect(log.list().length).toBe(500);
  log.close();
});
