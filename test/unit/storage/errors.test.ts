import pg from 'pg';
import { expect, test } from 'vitest';
import { toStorageError } from '../../../plugin/stack/storage/errors.ts';

test.each([
  ['ENOSPC', 'No space left where storage objects are kept'],
  ['EDQUOT', 'No space left where storage objects are kept'],
  ['EROFS', 'The folder of storage objects is not writable'],
  ['EACCES', 'The folder of storage objects is not writable'],
])('an error of the disk (%s) has a clear message', (code, message) => {
  const error = toStorageError(Object.assign(new Error('write'), { code }));
  expect([error.httpStatus, error.body()]).toMatchObject([500, { statusCode: '500', message }]);
});

test('an unexpected error reveals no details', () => {
  const error = toStorageError(new Error('/home/me/secret'));
  expect(error.body()).toEqual({
    statusCode: '500',
    error: 'Internal',
    message: 'Internal Server Error',
    code: 'InternalError',
  });
});

test.each([
  ['42501', 'new row violates row-level security policy for table "objects"', 400, '403', 'AccessDenied'],
  ['23505', 'duplicate key', 400, '409', 'ResourceAlreadyExists'],
  ['22P02', 'invalid input syntax for type uuid: "x"', 400, '400', 'InvalidParameter'],
  ['57014', 'canceling statement', 544, '544', 'DatabaseTimeout'],
  ['22023', 'role "nobody" does not exist', 500, '500', 'DatabaseError'],
])("PostgreSQL's %s becomes the Storage API's error", (code, message, httpStatus, statusCode, name) => {
  const thrown = Object.assign(new pg.DatabaseError(message, 0, 'error'), { code });
  const error = toStorageError(thrown);
  expect([error.httpStatus, error.body()]).toMatchObject([httpStatus, { statusCode, code: name }]);
});
