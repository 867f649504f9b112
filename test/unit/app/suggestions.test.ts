import { describe, expect, test } from 'vitest';
import type { Emoji } from '../../../app/messages/emoji.ts';
import { complete, findCompletion, suggest } from '../../../app/messages/suggestions.ts';
import type { Member } from '../../../app/model/member.ts';

const member = (name: string, hasLeft = false): Member => ({
  id: name,
  name,
  color: 'blue',
  avatarPath: null,
  role: 'member',
  hasLeft,
});
const CAKE: Emoji = { emoji: '🎂', name: 'birthday cake', tags: ['cake'], group: 4 };

describe('findCompletion', () => {
  test('finds a mention at the start of a word, directly before the caret', () => {
    expect(findCompletion('Hi @an', 6)).toEqual({ kind: 'mention', start: 3, typed: 'an' });
    expect(findCompletion('@', 1)).toEqual({ kind: 'mention', start: 0, typed: '' });
    for (const text of ['mail@an', 'Hi @an ', 'Hi'])
      expect(findCompletion(text, text.length)).toBeUndefined();
  });

  test('finds the name of an emoji after a colon, but no time and no smiley', () => {
    expect(findCompletion('a :ca', 5)).toEqual({ kind: 'emoji', start: 2, typed: 'ca' });
    for (const text of ['14:05', 'at 14:ab', ':)', ':-D', ':c', 'https://ab', 'note: ab']) {
      expect(findCompletion(text, text.length)).toBeUndefined();
    }
  });
});

describe('suggest', () => {
  test('offers members by any word of their name, but not those who left', () => {
    const members = [member('Anna'), member('Grandpa Karl'), member('Karla', true)];
    const query = { kind: 'mention', start: 0, typed: 'ka' } as const;
    expect(suggest(query, members, []).map(({ insert }) => insert)).toEqual(['@Grandpa Karl']);
  });

  test('offers emoji by their names', () => {
    const query = { kind: 'emoji', start: 0, typed: 'cake' } as const;
    expect(suggest(query, [], [CAKE])).toMatchObject([{ insert: '🎂', label: '🎂 birthday cake' }]);
  });
});

test('complete() replaces what was typed and puts the caret behind it', () => {
  const query = { kind: 'mention', start: 3, typed: 'an' } as const;
  expect(complete('Hi @an and Ben', 6, query, { id: '1', insert: '@Anna', label: 'Anna' })).toEqual({
    text: 'Hi @Anna and Ben',
    caret: 9,
  });
});
