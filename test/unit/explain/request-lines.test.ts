import { expect, test } from 'vitest';
import { logRequests } from '../../../plugin/explain/request-lines.ts';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { Observations } from '../../../plugin/shared/observations.ts';

test('a line has neither keys nor tokens nor codes of the query', () => {
  const lines: string[] = [];
  const observations = new Observations();
  const logger = { ...silentLogger, info: (line: string) => lines.push(line) };
  const stop = logRequests(observations, logger, false);
  const url =
    '/auth/v1/callback?apikey=one&token=two&access_token=three&refresh_token=four&code=five&state=s';
  observations.emit({
    kind: 'request',
    request: {},
    method: 'GET',
    url,
    status: 302,
    at: 0,
    milliseconds: 1,
    gatewayMilliseconds: undefined,
    headers: {},
    authorization: undefined,
    body: undefined,
  });
  stop();
  expect(lines).toEqual([
    'Supabase: GET /auth/v1/callback?apikey=…&token=…&access_token=…&refresh_token=…&code=…&state=s 302 1.0 ms',
  ]);
  expect([observations.isActive, observations.isRecording]).toEqual([false, false]);
});
