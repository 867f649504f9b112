import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { describeDevice } from '../../../app/settings/describe-device.ts';

const read = (path: string): Promise<string> =>
  readFile(new URL(`../../../${path}`, import.meta.url), 'utf8');

describe('the demo accounts on the sign-in page', () => {
  test('are those of seed.sql', async () => {
    const [page, seed] = await Promise.all([read('app/auth/demo-accounts.tsx'), read('supabase/seed.sql')]);
    const [, names = ''] = /PEOPLE = \[(.*)\]/.exec(page) ?? [];
    const [, password = ''] = /PASSWORD = '(.*)'/.exec(page) ?? [];
    const people = names.split(', ').map((name) => name.slice(1, -1));
    expect(people).toHaveLength(3);
    for (const name of people) expect(seed).toContain(`'${name.toLowerCase()}@example.com', '${name}'`);
    expect(seed).toContain(`extensions.crypt('${password}'`);
  });
});

describe('a device', () => {
  const like = 'AppleWebKit/537.36 (KHTML, like Gecko)';
  test.each([
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${like} Chrome/140.0.0.0 Safari/537.36`, 'Chrome on Windows'],
    [
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${like} Chrome/140.0 Safari/537.36 Edg/140.0`,
      'Edge on Windows',
    ],
    [`Mozilla/5.0 (Linux; Android 10; K) ${like} Chrome/140.0.0.0 Mobile Safari/537.36`, 'Chrome on Android'],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1',
      'Safari on iPhone',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0',
      'Firefox on macOS',
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
    ['Dart/3.5 (dart:io)', 'Another app'],
    ['', 'Another app'],
  ])('is named by its header User-Agent: %s', (userAgent, name) => {
    expect(describeDevice(userAgent)).toBe(name);
  });
});
