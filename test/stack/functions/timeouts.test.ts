import { expect, test } from 'vitest';
import { isAlive } from '../../../plugin/stack/postgres/server-process.ts';
import { startFunctionsService } from './start-service.ts';

// With shorter times than those of use; what happens at their end is the same.

const PID = `addEventListener('beforeunload', (e) => console.log('ends: ' + (e as CustomEvent).detail.reason));
  Deno.serve(async (req) => {
    const ms = Number(new URL(req.url).searchParams.get('ms'));
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    if (req.method === 'POST') EdgeRuntime.waitUntil(new Promise((resolve) => setTimeout(resolve, 1_500)).then(() => console.log('work done')));
    return new Response(String(Deno.pid));
  });`;

const ended = (pid: number): Promise<void> =>
  expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);

test('a process ends a while after its last call, and a later call starts another one', async () => {
  const { call, lines } = await startFunctionsService({ one: PID }, { timeouts: { idle: 500 } });
  const first = Number(await (await call('one')).text());
  await ended(first);
  expect(lines).toContain('[one] ends: early_drop');
  expect(Number(await (await call('one')).text())).not.toBe(first);
});

test('an idle process first finishes its background work, while a later call already has another one', async () => {
  const { call, lines } = await startFunctionsService({ one: PID }, { timeouts: { idle: 300 } });
  const first = Number(await (await call('one', { method: 'POST' })).text());
  await expect.poll(() => lines.join('\n'), { timeout: 20_000 }).toContain('ends: early_drop');
  expect(Number(await (await call('one')).text())).not.toBe(first);
  await ended(first);
  expect(lines.join('\n')).toContain('work done');
});

test('a call keeps its process alive, however long it takes', async () => {
  const { call } = await startFunctionsService({ one: PID }, { timeouts: { idle: 200 } });
  const [slow, quick] = await Promise.all([call('one?ms=1500'), call('one')]);
  expect(await slow.text()).toBe(await quick.text());
});

test('a process lives no longer than its age: a call gets 546, the next one another process', async () => {
  const { call, lines } = await startFunctionsService({ one: PID }, { timeouts: { age: 1_500 } });
  const response = await call('one?ms=60000');
  expect([response.status, await response.json()]).toEqual([
    546,
    {
      code: 'WORKER_LIMIT',
      message: 'Worker failed to respond due to a resource limit (please check logs)',
    },
  ]);
  expect(lines).toContain('[one] ends: wall_clock');
  expect((await call('one')).status).toBe(200);
});

test('a call without a byte of an answer for too long gets 504, and its function goes on', async () => {
  const { call } = await startFunctionsService({ one: PID }, { timeouts: { request: 1_000 } });
  const pid = await (await call('one')).text();
  const response = await call('one?ms=60000');
  expect([response.status, await response.json()]).toEqual([
    504,
    { code: 'IDLE_TIMEOUT', message: 'Request idle timeout limit (150s) reached' },
  ]);
  expect(await (await call('one')).text()).toBe(pid);
});

test('a stream that stands still for too long is cut off, not completed', async () => {
  const { call } = await startFunctionsService(
    {
      stands: `Deno.serve(() => new Response(new ReadableStream({
        start(c) { c.enqueue(new TextEncoder().encode('part')); },
      })));`,
    },
    { timeouts: { request: 1_000 } },
  );
  await expect((await call('stands')).text()).rejects.toThrow(/terminated|aborted/);
});
