import { expect, test } from 'vitest';
import { exposeHeaders } from '../../../plugin/stack/rest/http/expose-headers.ts';

test('exposes headers to pages, and leaves the allowed origins to the gateway', () => {
  const response = {
    status: 200,
    headers: [
      ['access-control-allow-origin', '*'],
      ['Content-Range', '0-0/*'],
    ] as const,
    body: '',
  };
  expect(exposeHeaders(response, undefined)).toBe(response);
  const names = exposeHeaders(response, 'http://elsewhere.example').headers.map(([name]) => name);
  expect(names).toEqual(['Access-Control-Expose-Headers', 'Content-Range']);
});
