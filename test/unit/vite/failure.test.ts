import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { SupabaseDevError } from '../../../plugin/shared/errors.ts';
import { alignFrame, withoutTrace } from '../../../plugin/vite/failure.ts';

// The overlay of Vite: it shows a frame only if it has this form, and trims it.
const VITE_FRAME = /^(?:>?\s*\d+\s+\|.*|\s+\|\s*\^.*)\r?\n/gm;

test('a frame keeps the indentation of its first line in the overlay', () => {
  const frame = ['   9 |   select', '> 10 |   form x', '     |   ^', '  11 | end'].join('\n');
  const aligned = alignFrame(frame);
  expect(aligned.trim()).toBe(['9    |   select', '> 10 |   form x', '     |   ^', '11   | end'].join('\n'));
  expect(aligned.match(VITE_FRAME)).toHaveLength(3);
});

test('an error that Vite’s command prints has no trace', () => {
  const error = new SupabaseDevError('BUILD_ENV_MISSING', 'The build needs X', { hint: 'Set it.' });
  const text = 'The build needs X (BUILD_ENV_MISSING)\n  What to do: Set it.';
  expect([inspect(withoutTrace(error)), error.stack]).toEqual([text, text]);
});
