import { describe, expect, test } from 'vitest';
import type { Member } from '../../../app/model/member.ts';
import {
  completeMention,
  findMentionQuery,
  suggestMembers,
} from '../../../app/messages/mention-suggestions.ts';

const member = (name: string, hasLeft = false): Member => ({
  id: name,
  name,
  color: 'blue',
  avatarPath: null,
  role: 'member',
  hasLeft,
});

describe('mention suggestions', () => {
  test('begin at an @ at the start of a word, before the caret', () => {
    expect(findMentionQuery('Hi @an', 6)).toEqual({ start: 3, typed: 'an' });
    expect(findMentionQuery('@', 1)).toEqual({ start: 0, typed: '' });
    expect(findMentionQuery('Hi @an', 2)).toBeUndefined();
    expect(findMentionQuery('a@b', 3)).toBeUndefined();
    expect(findMentionQuery('@anna is', 8)).toBeUndefined();
  });

  test('offer current members by the beginning of any word of their name', () => {
    const members = [member('Anna'), member('Grandpa Karl'), member('Karla', true)];
    expect(suggestMembers(members, 'KA').map(({ name }) => name)).toEqual(['Grandpa Karl']);
  });

  test('replace the typed text and put the caret after the name', () => {
    const query = { start: 3, typed: 'an' };
    expect(completeMention('Hi @an there', 6, query, 'Anna')).toEqual({ text: 'Hi @Anna there', caret: 9 });
  });
});
