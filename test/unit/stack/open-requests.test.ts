import { createServer, type ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { OpenRequests } from '../../../plugin/stack/http/open-requests.ts';

test('a request that never ends does not hold up the stop', { timeout: 10_000 }, async () => {
  const requests = new OpenRequests();
  const server = createServer();
  const res = await new Promise<ServerResponse>((resolve) => {
    server.on('request', (_req, answer) => resolve(answer));
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (typeof address === 'object') fetch(`http://127.0.0.1:${address?.port}`).catch(() => {});
    });
  });
  requests.track(res, new Promise(() => {}));
  requests.abort();
  const start = performance.now();
  await requests.settled();
  expect(performance.now() - start).toBeLessThan(6_000);
  server.close();
});
