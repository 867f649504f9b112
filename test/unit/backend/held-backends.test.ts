import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Backend } from '../../../plugin/backend/backend.ts';
import { acquireBackend } from '../../../plugin/backend/held-backends.ts';
import { Observations } from '../../../plugin/shared/observations.ts';

/** Starts backends that do nothing, and records what runs. */
function backends(): {
  running: Set<string>;
  mostAtOnce: () => number;
  start: (name: string) => () => Promise<Backend>;
} {
  const running = new Set<string>();
  let most = 0;
  return {
    running,
    mostAtOnce: () => most,
    start: (name) => async () => {
      running.add(name);
      most = Math.max(most, running.size);
      await Promise.resolve();
      return {
        kind: 'remote',
        reason: name,
        observations: new Observations(),
        target: () => ({ keys: {} as never, upstreams: {} }),
        describe: () => [],
        async close() {
          await Promise.resolve();
          running.delete(name);
        },
      };
    },
  };
}

test('servers that start at the same time share one backend', async () => {
  const { start, running } = backends();
  const key = randomUUID();
  const held = ['a', 'b', 'c'].map((name) => acquireBackend(key, 'same', start(name)));
  await Promise.all(held.map((one) => one.settled));
  expect(held.map((one) => one.backend?.reason)).toEqual(['a', 'a', 'a']);
  for (const one of held) await one.release();
  expect([...running]).toEqual([]);
});

test('of several servers that replace a backend at the same time, one does, and never two run', async () => {
  const { start, running, mostAtOnce } = backends();
  const key = randomUUID();
  const old = acquireBackend(key, 'old', start('old'));
  const held = ['a', 'b', 'c'].map((name) => acquireBackend(key, 'new', start(name)));
  await Promise.all(held.map((one) => one.settled));
  expect(held.map((one) => one.backend?.reason)).toEqual(['a', 'a', 'a']);
  // The server of the old settings serves the new ones until it closes.
  expect(old.backend?.reason).toBe('a');
  for (const one of [...held, old]) await one.release();
  expect([mostAtOnce(), [...running]]).toEqual([1, []]);
});

test('each change of the settings closes the backend before', async () => {
  const { start, running, mostAtOnce } = backends();
  const key = randomUUID();
  const held = ['a', 'b', 'c'].map((name) => acquireBackend(key, name, start(name)));
  await Promise.all(held.map((one) => one.settled));
  expect(held.map((one) => one.backend?.reason)).toEqual(['c', 'c', 'c']);
  expect([mostAtOnce(), [...running]]).toEqual([1, ['c']]);
  for (const one of held) await one.release();
  expect([...running]).toEqual([]);
});

test('a backend that failed starts again with the next server', async () => {
  const { start } = backends();
  const key = randomUUID();
  const failed = acquireBackend(key, 'same', () => Promise.reject(new Error('on purpose')));
  await failed.settled;
  const next = acquireBackend(key, 'same', start('next'));
  await next.settled;
  expect(next.backend?.reason).toBe('next');
  await next.release();
  await failed.release();
});
