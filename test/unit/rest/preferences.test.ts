import { expect, test } from 'vitest';
import { formatPreferences, parsePreferences } from '../../../plugin/stack/rest/parse/preferences.ts';

test('applies the first of repeated preferences, in the order of Preference-Applied', () => {
  const header = 'tx=commit, return=minimal , count=exact, tx=rollback, max-affected=2, handling=strict, x=y';
  const preferences = parsePreferences(header, true);
  expect(preferences.invalid).toEqual(['x=y']);
  expect(formatPreferences(preferences)).toBe(
    'return=minimal, count=exact, tx=commit, handling=strict, max-affected=2',
  );
  expect(parsePreferences(header, false).tx).toBeUndefined();
});
