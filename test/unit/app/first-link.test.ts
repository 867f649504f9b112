import { expect, test } from 'vitest';
import { firstLink } from '../../../app/link-preview/first-link.ts';

test.each([
  ['see https://example.com/a?b=c#d now', 'https://example.com/a?b=c#d'],
  ['https://example.com.', 'https://example.com'],
  ['(https://example.com/a)', 'https://example.com/a'],
  [
    'https://en.wikipedia.org/wiki/Lake_(disambiguation), yes',
    'https://en.wikipedia.org/wiki/Lake_(disambiguation)',
  ],
  ['[the lake](https://example.com/lake) and [more](https://example.org)', 'https://example.com/lake'],
  ['**https://example.com/a**', 'https://example.com/a'],
  ['<https://example.com/a>', 'https://example.com/a'],
  ['HTTP://EXAMPLE.COM/A', 'HTTP://EXAMPLE.COM/A'],
  ['first http://a.example then http://b.example', 'http://a.example'],
  ['`https://code.example` and https://text.example', 'https://text.example'],
  ['```\nhttps://code.example\n```\nhttps://text.example', 'https://text.example'],
  ['https://ä.example/ö', 'https://ä.example/ö'],
  ['no link', undefined],
  ['`https://code.example`', undefined],
  ['ftp://example.com javascript:alert(1) mailto:a@b.c', undefined],
  ['http://', undefined],
  ['https://[', undefined],
  [`https://example.com/${'a'.repeat(2_000)}`, undefined],
])('%s', (body, expected) => {
  const link = firstLink(body);
  expect(link).toBe(expected);
  // The edge function compares it with the message.
  expect(body).toContain(link ?? '');
});
