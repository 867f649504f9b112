import { describe, expect, test } from 'vitest';
import { findMentions } from '../../../app/messages/find-mentions.ts';
import { type Block, type Inline, parseMessage, plainText } from '../../../app/messages/markdown.ts';

const text = (value: string): Inline => ({ kind: 'text', text: value });
const paragraph = (...parts: Inline[]): Block => ({ kind: 'paragraph', parts });
const link = (href: string, ...parts: Inline[]): Inline => ({ kind: 'link', href, parts });

/** The parts of a message of one paragraph. */
function inlinesOf(body: string, names?: readonly string[]): readonly Inline[] {
  const blocks = parseMessage(body, names);
  expect(blocks).toHaveLength(1);
  return blocks[0]?.kind === 'paragraph' ? blocks[0].parts : [];
}

describe('parseMessage', () => {
  test.each([
    '<img src=x onerror=alert(1)> & "quotes"',
    '<script>alert(1)</script>',
    '&lt;b&gt; &amp;',
    '    four spaces',
    '#general and a # b',
    '2 * 3 * 4 and snake_case_name',
    '[a][b]',
    '| a | b |',
  ])('keeps plain text as it is: %s', (body) => {
    expect(textOf(inlinesOf(body))).toBe(body);
    expect(JSON.stringify(parseMessage(body))).not.toContain('"link"');
  });

  test('reads the marks that people type', () => {
    expect(inlinesOf('**a** *b* _c_ ~~d~~ `e*f*`')).toEqual([
      { kind: 'strong', parts: [text('a')] },
      text(' '),
      { kind: 'emphasis', parts: [text('b')] },
      text(' '),
      { kind: 'emphasis', parts: [text('c')] },
      text(' '),
      { kind: 'deleted', parts: [text('d')] },
      text(' '),
      { kind: 'code', text: 'e*f*' },
    ]);
  });

  test('keeps line breaks, and separates paragraphs', () => {
    expect(parseMessage('a\nb\n\nc')).toEqual([
      paragraph(text('a'), { kind: 'break' }, text('b')),
      paragraph(text('c')),
    ]);
  });

  test('reads lists, numbered from where they start, and boxes to tick', () => {
    expect(parseMessage('- a\n- b')).toEqual([
      { kind: 'list', start: undefined, items: [[paragraph(text('a'))], [paragraph(text('b'))]] },
    ]);
    expect(parseMessage('3. a')).toEqual([{ kind: 'list', start: 3, items: [[paragraph(text('a'))]] }]);
    expect(parseMessage('- [ ] milk\n- [x] bread')).toEqual([
      {
        kind: 'list',
        start: undefined,
        items: [[paragraph(text('☐ '), text('milk'))], [paragraph(text('☑ '), text('bread'))]],
      },
    ]);
  });

  test('reads quotations, code and headings', () => {
    expect(parseMessage('> a\n\nb')).toEqual([
      { kind: 'quote', blocks: [paragraph(text('a'))] },
      paragraph(text('b')),
    ]);
    expect(parseMessage('```js\n<b>\n```')).toEqual([{ kind: 'code', text: '<b>' }]);
    expect(parseMessage('# a')).toEqual([{ kind: 'heading', parts: [text('a')] }]);
  });

  test('links http, https and mailto URLs only', () => {
    expect(inlinesOf('see https://example.com/a?b=c#d now')).toEqual([
      text('see '),
      link('https://example.com/a?b=c#d', text('https://example.com/a?b=c#d')),
      text(' now'),
    ]);
    expect(inlinesOf('[here](https://example.com/)')).toEqual([link('https://example.com/', text('here'))]);
    expect(inlinesOf('me@example.com')).toEqual([link('mailto:me@example.com', text('me@example.com'))]);
    for (const body of [
      'javascript:alert(1)',
      '[x](javascript:alert(1))',
      '![x](data:text/html,x)',
      'ftp://a.b',
    ]) {
      expect(textOf(inlinesOf(body))).toBe(body);
    }
  });

  test('shows a picture by its link', () => {
    expect(inlinesOf('![cat](https://example.com/c.png)')).toEqual([
      link('https://example.com/c.png', text('cat')),
    ]);
  });

  test('leaves trailing punctuation out of a URL', () => {
    expect(inlinesOf('https://example.com/a.')).toEqual([
      link('https://example.com/a', text('https://example.com/a')),
      text('.'),
    ]);
    expect(inlinesOf('https://example.com/a_(b)')).toEqual([
      link('https://example.com/a_(b)', text('https://example.com/a_(b)')),
    ]);
  });

  test('finds mentions within marks, the longest name first', () => {
    expect(inlinesOf('Hi @Anna Maria and **@Anna**!', ['Anna', 'Anna Maria'])).toEqual([
      text('Hi '),
      { kind: 'mention', text: '@Anna Maria' },
      text(' and '),
      { kind: 'strong', parts: [{ kind: 'mention', text: '@Anna' }] },
      text('!'),
    ]);
  });
});

describe('plainText', () => {
  test('leaves out the marks', () => {
    expect(plainText('**a** `b`\n\n- [c](https://d.e)\n- f')).toBe('a b • c • f');
  });
});

describe('findMentions', () => {
  const people = [
    { id: '1', name: 'Anna' },
    { id: '2', name: 'Anna Maria' },
    { id: '3', name: 'Ben' },
  ];

  test('returns each person once, and nobody whose name is only part of another', () => {
    expect(findMentions('- @Anna Maria\n- **@Ben** and again @Ben', people)).toEqual(['2', '3']);
  });

  test('ignores links and code', () => {
    expect(findMentions('https://example.com/@Ben `@Anna`', people)).toEqual([]);
  });
});

function textOf(parts: readonly Inline[]): string {
  return parts
    .map((part) => ('text' in part ? part.text : 'parts' in part ? textOf(part.parts) : '\n'))
    .join('');
}
