import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FILES, readExchanges, readSchema, resetRows, sendExchange } from '../../fixtures/rest/exchanges.ts';
import { startTestEngine, type TestEngine } from './engine-helper.ts';

const GATEWAY = 'the gateway decides which origins may read';

// What the engine does otherwise than PostgREST, and why. An exchange that stops deviating fails.
const DEVIATIONS: Readonly<Partial<Record<(typeof FILES)[number], Readonly<Record<string, string>>>>> = {
  cors: { 'simple request of a page': GATEWAY, 'preflight request': GATEWAY },
};

let rest: TestEngine;
beforeAll(async () => {
  // The configuration in test/fixtures/rest/README.md.
  rest = await startTestEngine(readSchema(), {
    schemas: ['library', 'archive'],
    extraSearchPath: ['public'],
    maxRows: 30,
    aggregatesEnabled: true,
    txEnd: { rollback: false, allowOverride: true },
  });
});
afterAll(() => rest.stop());

test.each(FILES)('responds as PostgREST: %s', async (file) => {
  const { jwtSecret } = rest.stack;
  const known = DEVIATIONS[file] ?? {};
  const deviating: string[] = [];
  const expected: unknown[] = [];
  const actual: unknown[] = [];
  await resetRows(rest.url, jwtSecret);
  for (const { name, request, response } of readExchanges(file)) {
    const received = await sendExchange(rest.url, jwtSecret, request);
    if (isDeepStrictEqual(received, response)) continue;
    if (name in known) deviating.push(name);
    else {
      expected.push({ name, response });
      actual.push({ name, response: received });
    }
  }
  expect(actual).toEqual(expected);
  expect(deviating).toEqual(Object.keys(known));
});
