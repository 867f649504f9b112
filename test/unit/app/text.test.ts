import { describe, expect, test } from 'vitest';
import { findMentions, splitText } from '../../../app/messages/text.ts';

const link = (text: string, href = text): object => ({ kind: 'link', text, href });
const plain = (text: string): object => ({ kind: 'text', text });

describe('splitText', () => {
  test('keeps plain text as it is, including anything that looks like HTML', () => {
    const text = '<img src=x onerror=alert(1)> & "quotes"';
    expect(splitText(text)).toEqual([plain(text)]);
  });

  test('finds only http and https URLs', () => {
    expect(splitText('see https://example.com/a?b=c#d now')).toEqual([
      plain('see '),
      link('https://example.com/a?b=c#d'),
      plain(' now'),
    ]);
    for (const text of ['javascript:alert(1)', 'data:text/html,x', 'example.com', 'ftp://example.com']) {
      expect(splitText(text)).toEqual([plain(text)]);
    }
  });

  test('leaves out trailing punctuation', () => {
    expect(splitText('https://example.com/a.')).toEqual([link('https://example.com/a'), plain('.')]);
    expect(splitText('(https://example.com/a)')).toEqual([
      plain('('),
      link('https://example.com/a'),
      plain(')'),
    ]);
    expect(splitText('https://example.com/a_(b)')).toEqual([link('https://example.com/a_(b)')]);
  });

  test('shows a URL as written and links to its normalized form', () => {
    expect(splitText('https://EXAMPLE.com')).toEqual([link('https://EXAMPLE.com', 'https://example.com/')]);
  });

  test('finds mentions, the longest name first', () => {
    expect(splitText('Hi @Anna Maria and @Anna!', ['Anna', 'Anna Maria'])).toEqual([
      plain('Hi '),
      { kind: 'mention', text: '@Anna Maria' },
      plain(' and '),
      { kind: 'mention', text: '@Anna' },
      plain('!'),
    ]);
    expect(splitText('Hi @Anna', [])).toEqual([plain('Hi @Anna')]);
  });
});

describe('findMentions', () => {
  const people = [
    { id: '1', name: 'Anna' },
    { id: '2', name: 'Anna Maria' },
    { id: '3', name: 'Ben' },
  ];

  test('returns each person once, and nobody whose name is only part of another', () => {
    expect(findMentions('@Anna Maria, @Ben and again @Ben', people)).toEqual(['2', '3']);
  });

  test('ignores URLs', () => {
    expect(findMentions('https://example.com/@Ben', people)).toEqual([]);
  });
});
