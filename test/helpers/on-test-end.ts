import { afterEach } from 'vitest';

const opened: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

/** Closes what a test opened when the test ends, also when it fails; the last opened is closed first. */
export function onTestEnd(close: () => unknown): void {
  opened.push(close);
}
