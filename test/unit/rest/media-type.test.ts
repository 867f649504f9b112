import { expect, test } from 'vitest';
import { parseAccept, parseMediaType } from '../../../plugin/stack/rest/parse/media-type.ts';

test('orders an Accept header by quality, then by specificity', () => {
  const types = parseAccept('*/*, text/csv;q=0.5, application/vnd.pgrst.object+json;nulls=stripped');
  expect(types.map((type) => type.mime)).toEqual([
    'application/vnd.pgrst.object+json;nulls=stripped',
    '*/*',
    'text/csv',
  ]);
});

test('reads the format and the options of a plan', () => {
  const type = parseMediaType(
    'application/vnd.pgrst.plan+json; for="text/csv"; options=analyze|buffers|nope',
  );
  expect(type.mime).toBe('application/vnd.pgrst.plan+json; for="text/csv"; options=analyze|buffers');
});
