import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { securityHeaders } from '../../../app/security-headers.ts';

const DEPLOY = fileURLToPath(new URL('../../../docs/deploy.md', import.meta.url));

describe('securityHeaders', () => {
  test('match docs/deploy.md', async () => {
    const headers = securityHeaders('https://abcdefghijklmnop.supabase.co');
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    expect(await readFile(DEPLOY, 'utf8')).toContain(lines.join('\n'));
  });

  test.each([undefined, '/'])(
    'contain no other origin when Supabase is on the page’s own origin (%s)',
    (url) => {
      const policy = securityHeaders(url)['Content-Security-Policy'];
      expect(policy).toContain("connect-src 'self';");
      expect(policy).not.toContain('http');
    },
  );

  test('allow Supabase on another port over http and ws, whatever the path of its URL', () => {
    const policy = securityHeaders('http://127.0.0.1:54321/')['Content-Security-Policy'];
    expect(policy).toContain("connect-src 'self' http://127.0.0.1:54321 ws://127.0.0.1:54321;");
  });
});
