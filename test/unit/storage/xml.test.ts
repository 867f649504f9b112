import { expect, test } from 'vitest';
import { formatXml } from '../../../plugin/stack/storage/s3/format-xml.ts';
import { parseXml } from '../../../plugin/stack/storage/s3/parse-xml.ts';

const remove = (keys: string): string => `<?xml version="1.0"?><Delete>\n  ${keys}\n</Delete>`;

test('blanks inside of an element are text, between elements layout', async () => {
  const parsed = await parseXml(remove('<Object><Key> a </Key></Object>'), ['Delete.Object']);
  expect(parsed).toEqual({ Delete: { Object: [{ Key: ' a ' }] } });
});

test('text that looks like a number or a truth stays text', async () => {
  const parsed = await parseXml(remove('<Object><Key>0010</Key></Object><Object><Key>true</Key></Object>'), [
    'Delete.Object',
  ]);
  expect(parsed).toEqual({ Delete: { Object: [{ Key: '0010' }, { Key: 'true' }] } });
});

test('entities of XML and numbers are read once', async () => {
  const parsed = await parseXml(remove('<Key>&lt;&amp;amp;&#65;&#x42;&apos;</Key>'), []);
  expect(parsed).toEqual({ Delete: { Key: "<&amp;AB'" } });
});

test.each([
  ['<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Delete><Key>&b;</Key></Delete>', /DOCTYPE/],
  [
    '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><Delete><Key>&x;</Key></Delete>',
    /External entities/,
  ],
  ['<!DOCTYPE d><Delete><Key>&x;</Key></Delete>', /DOCTYPE/],
  [remove('<Key>&b;</Key>'), /Undeclared XML entity/],
  [remove('<Key>&#0;</Key>'), /Invalid numeric character reference/],
  [remove('<Key>&#x110000;</Key>'), /Invalid numeric character reference/],
  [remove('<Key>a & b</Key>'), /'&' is not expected/],
  [remove('<Key>\0</Key>'), /Invalid XML character/],
  [remove('<Key>\uD800</Key>'), /Invalid XML character/],
  ['<Delete><Key>a</Delete>', /./],
  ['<a/><b/>', /./],
  ['just text', /./],
])('what is no plain document is refused: %j', async (text, reason) => {
  const message: unknown = expect.stringMatching(reason);
  await expect(parseXml(text, [])).rejects.toMatchObject({ code: 'MalformedXML', statusCode: 400, message });
});

test('no document is null', async () => {
  expect(await parseXml('', [])).toBeNull();
});

test('a document holds no character that XML does not know', () => {
  const text = formatXml('R', [['Prefix', 'a\0b\u0008<&>\r\t\uD800😀']]);
  expect(text).toContain('<Prefix>a\uFFFDb\uFFFD&lt;&amp;&gt;&#xD;\t\uFFFD😀</Prefix>');
});
