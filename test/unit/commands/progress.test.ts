import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withProgress, writeLine } from '../../../plugin/commands/progress.ts';

let written = '';
const isTerminal = process.stderr.isTTY;

beforeEach(() => {
  written = '';
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => (written += String(text)) !== '');
});
afterEach(() => {
  process.stderr.isTTY = isTerminal;
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Work that takes so many milliseconds. */
async function work(milliseconds: number): Promise<void> {
  let end = (): void => {};
  const done = withProgress('Building', new Promise<void>((resolve) => (end = resolve)));
  await vi.advanceTimersByTimeAsync(milliseconds);
  writeLine('a line');
  end();
  await done;
}

test('less than a second says nothing', async () => {
  await work(900);
  expect(written).toBe('a line\n');
});

test('in a terminal one line is rewritten, below other lines, and removed', async () => {
  process.stderr.isTTY = true;
  await work(2_000);
  const clear = '\r\u001B[K';
  expect(written).toContain(`${clear}Building… 1 s${clear}`);
  expect(written.endsWith(`${clear}a line\nBuilding… 2 s${clear}`)).toBe(true);
});

test('elsewhere there is a plain line now and then', async () => {
  process.stderr.isTTY = false;
  await work(12_000);
  expect(written).toBe('Building… 1 s\nBuilding… 11 s\na line\n');
});
