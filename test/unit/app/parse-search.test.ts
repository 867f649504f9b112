import { describe, expect, test } from 'vitest';
import { isSearchable, parseSearch, type Search } from '../../../app/search/parse-search.ts';

const people = [
  { id: 'p1', name: 'Anna' },
  { id: 'p2', name: 'Grandpa Karl' },
];
const channels = [
  { id: 'c1', name: 'recipes' },
  { id: 'c2', name: 'summer-holiday' },
];
const parse = (text: string): Search => parseSearch(text, people, channels);

describe('parseSearch', () => {
  test.each<[string, Search]>([
    ['cake  tin', { words: 'cake tin' }],
    ['cake from:anna', { words: 'cake', authorId: 'p1' }],
    ['from:@Anna in:#recipes', { words: '', authorId: 'p1', channelId: 'c1' }],
    ['from:grandpa', { words: '', authorId: 'p2' }],
    ['from:GrandpaKarl', { words: '', authorId: 'p2' }],
    ['in:summer has:image', { words: '', channelId: 'c2', hasImages: true }],
    ['has:file recipe', { words: 'recipe', hasFiles: true }],
    ['before:2026-11-20 x', { words: 'x', before: new Date('2026-11-20T00:00').toISOString() }],
  ])('reads %s', (text, search) => expect(parse(text)).toEqual(search));

  test.each([
    'from:nobody',
    'in:nowhere',
    'has:money',
    'before:yesterday',
    'before:2026-13-45',
    'from:',
    '14:05',
  ])('searches for %s as a word', (text) => expect(parse(text)).toEqual({ words: text }));

  test.each([
    ['', false],
    ['c', false],
    ['ca', true],
    ['from:anna', true],
    ['from:anna c', false],
  ])('needs two letters or a filter: "%s"', (text, expected) =>
    expect(isSearchable(parse(text))).toBe(expected),
  );
});
