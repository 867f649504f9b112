import { describe, expect, test } from 'vitest';
import { loadEmoji, QUICK_EMOJI, searchEmoji } from '../../../app/messages/emoji.ts';

describe('emoji', async () => {
  const all = await loadEmoji();
  const found = (typed: string): string[] => searchEmoji(all, typed, 8).map(({ emoji }) => emoji);

  test('are complete, each once, as keyboards write them', () => {
    expect(all.length).toBeGreaterThan(1_800);
    expect(new Set(all.map(({ emoji }) => emoji)).size).toBe(all.length);
    for (const emoji of QUICK_EMOJI) expect(all.map((one) => one.emoji)).toContain(emoji);
  });

  test.each([
    ['cake', '🎂'],
    ['birth', '🎂'],
    ['thumbs', '👍'],
    ['red_heart', '❤️'],
    ['Straw', '🍓'],
    ['+1', '👍'],
  ])('finds %s', (typed, emoji) => expect(found(typed)).toContain(emoji));

  test('lists names that begin with the word first, and nothing for nothing', () => {
    expect(searchEmoji(all, 'cat', 1)[0]?.name).toMatch(/^cat/);
    expect(found('')).toEqual([]);
    expect(found('qwertz')).toEqual([]);
  });
});
