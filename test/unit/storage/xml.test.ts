import { expect, test } from 'vitest';
import { formatXml } from '../../../plugin/stack/storage/s3/format-xml.ts';
import { parseXml } from '../../../plugin/stack/storage/s3/parse-xml.ts';

const remove = (keys: string): string => `<?xml version="1.0"?><Delete>\n  ${keys}\n</Delete>`;

test('white space inside an element is text, between elements layout', async () => {
  const parsed = await parseXml(remove('<Object><Key> a </Key></Object>'), ['Delete.Object']);
  expect(parsed).toEqual({ Delete: { Object: [{ Key: ' a ' }] } });
});

test('text that looks like a number or boolean stays text', async () => {
  const parsed = await parseXml(remove('<Object><Key>0010</Key></Object><Object><Key>true</Key></Object>'), [
    'Delete.Object',
  ]);
  expect(parsed).toEqual({ Delete: { Object: [{ Key: '0010' }, { Key: 'true' }] } });
});

test('the declaration is not an element', async () => {
  expect(await parseXml('<?xml version="1.0" encoding="UTF-8"?><A>x</A>', [])).toEqual({ A: 'x' });
});

test('processing instructions are not elements', async () => {
  expect(await parseXml('<?style sheet="x"?><A><?note?><B>x</B></A>', [])).toEqual({ A: { B: 'x' } });
});

test('attributes are grouped, which makes an empty element an object', async () => {
  const parsed = await parseXml('<A xmlns="urn:s3"/>', []);
  expect(parsed).toEqual({ A: { $: { '@_xmlns': 'urn:s3' } } });
});

test('an attribute named like an element does not replace it', async () => {
  const parsed = await parseXml('<A Key="attribute"><Key>element</Key></A>', []);
  expect(parsed).toEqual({ A: { $: { '@_Key': 'attribute' }, Key: 'element' } });
});

test('a listed element is an array even when there is one, other elements only when there are more', async () => {
  const parsed = await parseXml('<A><B>1</B><C><B>2</B></C><D>3</D><D>4</D></A>', ['A.B']);
  expect(parsed).toEqual({ A: { B: ['1'], C: { B: '2' }, D: ['3', '4'] } });
});

test('a list in a list is found by its path, whatever its position', async () => {
  const parsed = await parseXml('<A><B><C>1</C></B><B><C>2</C></B></A>', ['A.B', 'A.B.C']);
  expect(parsed).toEqual({ A: { B: [{ C: ['1'] }, { C: ['2'] }] } });
});

test('an element of white space alone keeps it', async () => {
  expect(await parseXml('<A>\n <B> </B>\n</A>', [])).toEqual({ A: { B: ' ' } });
});

test('entities in attributes are decoded as well', async () => {
  expect(await parseXml('<A b="&lt;&#65;"/>', [])).toEqual({ A: { $: { '@_b': '<A' } } });
});

test.each(['constructor', 'toString', '__proto__'])('&%s; is not an entity', async (name) => {
  await expect(parseXml(`<A>&${name};</A>`, [])).rejects.toThrow('Undeclared XML entity');
});

test('XML entities and numeric references are decoded once', async () => {
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
])('anything but a plain document is refused: %j', async (text, reason) => {
  const message: unknown = expect.stringMatching(reason);
  await expect(parseXml(text, [])).rejects.toMatchObject({ code: 'MalformedXML', statusCode: 400, message });
});

test('an empty document is null', async () => {
  expect(await parseXml('', [])).toBeNull();
});

test('characters that XML does not allow are replaced', () => {
  const text = formatXml('R', [['Prefix', 'a\0b\u0008<&>\r\t\uD800😀']]);
  expect(text).toContain('<Prefix>a\uFFFDb\uFFFD&lt;&amp;&gt;&#xD;\t\uFFFD😀</Prefix>');
});
