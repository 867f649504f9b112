import { expect, test } from 'vitest';
import { fromDatabaseError } from '../../../plugin/stack/rest/respond/database-error.ts';

test.each([
  ['42501', 'permission denied', false, 401],
  ['42501', 'permission denied', true, 403],
  ['23505', 'duplicate key', true, 409],
  ['42883', 'function does not exist', true, 404],
  ['PT402', 'Payment Required', true, 402],
  ['P0001', 'raised', true, 400],
  ['P0002', 'no data', true, 500],
  ['53400', 'limit', true, 500],
  ['53300', 'too many connections', true, 503],
  ['22023', 'role "x" does not exist', true, 401],
])('%s (%s) with a token: %s is %i', (code, message, authenticated, status) => {
  expect(fromDatabaseError({ code, message }, authenticated).status).toBe(status);
});

test('RAISE SQLSTATE PGRST defines the whole response', () => {
  const message = '{"code":"123","message":"ABC","hint":"look"}';
  const detail = '{"status":332,"status_text":"My Status","headers":{"X-Header":"x"}}';
  const error = fromDatabaseError({ code: 'PGRST', message, detail }, true);
  expect(error).toMatchObject({
    status: 332,
    statusText: 'My Status',
    code: '123',
    message: 'ABC',
    hint: 'look',
  });
  expect(error.headers).toEqual([['X-Header', 'x']]);
  expect(fromDatabaseError({ code: 'PGRST', message, detail: undefined }, true).code).toBe('PGRST121');
});
