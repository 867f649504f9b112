import { expect, test } from 'vitest';
import { rankBySimilarity } from '../../../plugin/stack/rest/plan/fuzzy-match.ts';

test('finds the most similar names', () => {
  expect(rankBySimilarity(['projects', 'products', 'x'], 'project')[0]?.name).toBe('projects');
  expect(rankBySimilarity(['projects'], 'zzz')).toEqual([]);
});
