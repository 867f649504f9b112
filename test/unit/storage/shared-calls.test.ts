import { expect, test } from 'vitest';
import { SharedCalls } from '../../../plugin/stack/storage/shared-calls.ts';

/** Work whose runs end when the test says so. */
function controlled(): { calls: SharedCalls<number>; begun: string[]; end: (run: number) => void } {
  const begun: string[] = [];
  const ends: ((fails: boolean) => void)[] = [];
  const calls = new SharedCalls((key) => {
    const run = begun.push(key);
    return new Promise<number>((resolve, reject) => {
      ends.push((fails) => (fails ? reject(new Error(`run ${run}`)) : resolve(run)));
    });
  });
  return { calls, begun, end: (run) => ends[Math.abs(run) - 1]?.(run < 0) };
}

test('calls during a run share the next one', async () => {
  const { calls, begun, end } = controlled();
  const first = calls.call('a');
  const [second, third] = [calls.call('a'), calls.call('a')];
  expect(begun).toEqual(['a']);
  end(1);
  expect(await first).toBe(1);
  await expect.poll(() => begun).toEqual(['a', 'a']);
  const fourth = calls.call('a');
  end(2);
  expect(await Promise.all([second, third])).toEqual([2, 2]);
  await expect.poll(() => begun).toEqual(['a', 'a', 'a']);
  end(3);
  expect(await fourth).toBe(3);
  void calls.call('a');
  expect(begun).toHaveLength(4);
});

test('keys do not wait for each other', async () => {
  const { calls, begun, end } = controlled();
  const [a, b] = [calls.call('a'), calls.call('b')];
  expect(begun).toEqual(['a', 'b']);
  end(2);
  expect(await b).toBe(2);
  end(1);
  expect(await a).toBe(1);
});

test('a run that fails fails for its own calls only', async () => {
  const { calls, begun, end } = controlled();
  const first = calls.call('a');
  const second = calls.call('a');
  end(-1);
  await expect(first).rejects.toThrow('run 1');
  await expect.poll(() => begun).toHaveLength(2);
  end(2);
  expect(await second).toBe(2);
});
