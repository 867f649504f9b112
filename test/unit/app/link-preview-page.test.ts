import { describe, expect, test } from 'vitest';
import { isPublicAddress } from '../../../supabase/functions/_shared/address.ts';
import { decodePage, describePage } from '../../../supabase/functions/link-preview/page.ts';

const URL_OF_PAGE = new URL('https://site.example/a/b');
const describeHtml = (html: string): ReturnType<typeof describePage> => describePage(html, URL_OF_PAGE);

describe('a public address', () => {
  test.each([
    '1.1.1.1',
    '93.184.216.34',
    '172.15.0.1',
    '172.32.0.1',
    '100.63.0.1',
    '2606:4700::1111',
    '[2a00::1]',
  ])('%s', (address) => expect(isPublicAddress(address)).toBe(true));
});

describe('no public address', () => {
  test.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '192.0.0.192',
    '198.18.0.1',
    '198.51.100.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '[::1]',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    'fe80::1',
    'fd00::1',
    'fc00::1',
    'ff02::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '3fff::1',
    'fec0::1',
    '::127.0.0.1',
    '',
    'localhost',
    '1.1.1',
    '1.1.1.1.1',
    '256.1.1.1',
    '01.1.1.1x',
    'fe80::1%eth0',
    ':::1',
  ])('"%s"', (address) => expect(isPublicAddress(address)).toBe(false));
});

describe('a page', () => {
  test('is described by its Open Graph properties', () => {
    const html = `<html><head><title>Own</title><meta name=description content="own">
      <meta property="og:title" content="A &amp; B &#8211; &quot;C&quot;"><meta content='About&nbsp;it' property='og:description'>
      <meta property="og:site_name" content="Site"><meta property="og:image" content="/c.png?a=1&amp;b=2"></head>`;
    expect(describeHtml(html)).toEqual({
      title: 'A & B – "C"',
      description: 'About it',
      site: 'Site',
      image: new URL('https://site.example/c.png?a=1&b=2'),
    });
  });

  test('without them by its title and description', () => {
    const html = `<TITLE>\n Two\n lines </TITLE><META NAME="Description" CONTENT="  what   it is ">`;
    expect(describeHtml(html)).toMatchObject({
      title: 'Two lines',
      description: 'what it is',
      image: undefined,
    });
  });

  test.each([
    ['<!-- <title>comment</title> --><title>real</title>', 'real'],
    ['<script>"<title>script</title>"</script><title>real</title>', 'real'],
    ['<body><title>late</title>', undefined],
    ['<meta property="og:title" content=""><title>real</title>', 'real'],
    ['<title></title>', undefined],
    [`<title>a\u202eb\u0000c</title>`, 'ab c'],
    ['<title>&lt;b&gt;&#x1F600;&#0;&unknown;</title>', '<b>😀&unknown;'],
    [`<title>${'x'.repeat(300)}</title>`, `${'x'.repeat(199)}…`],
    ['', undefined],
  ])('%s', (html, title) => {
    expect(describeHtml(html).title).toBe(title);
  });

  test.each(['<meta ', '<!--', '<script', '<title ', '<meta property="', '&#', '<', 'a="'])(
    'of 512 KiB of %s is read in no time',
    (part) => {
      const before = performance.now();
      describeHtml(part.repeat((512 * 1024) / part.length));
      // A quadratic pattern would take minutes.
      expect(performance.now() - before).toBeLessThan(1_500);
    },
  );

  test.each([
    [Buffer.from('<title>ä</title>'), 'text/html', 'ä'],
    [Buffer.from('<title>ä</title>', 'latin1'), 'text/html; charset=ISO-8859-1', 'ä'],
    [Buffer.from('<meta charset="windows-1251"><title>\xc4</title>', 'latin1'), 'text/html', 'Д'],
    [Buffer.from('<title>a</title>'), 'text/html; charset=nonsense', 'a'],
  ])('is decoded by its character set', (bytes, type, title) => {
    expect(describeHtml(decodePage(bytes, type)).title).toBe(title);
  });
});
