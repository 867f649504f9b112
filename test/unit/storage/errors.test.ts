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
  ['22021', 'invalid byte sequence for encoding "UTF8": 0x00', 400, '400', 'InvalidKey'],
  ['54000', 'index row size 3000 exceeds btree version 4 maximum 2704', 400, '400', 'InvalidKey'],
  ['22P05', 'unsupported Unicode escape sequence', 400, '400', 'InvalidParameter'],
  ['22003', 'value "9000000000" is out of range for type integer', 400, '400', 'InvalidParameter'],
  ['25006', 'cannot execute INSERT in a read-only transaction', 400, '503', 'DatabaseReadOnly'],
  ['25P02', 'current transaction is aborted', 500, '500', 'DatabaseTransactionAborted'],
  ['22023', 'role "nobody" does not exist', 500, '500', 'DatabaseError'],
])("PostgreSQL's %s becomes the Storage API's error", (code, message, httpStatus, statusCode, name) => {
  const thrown = Object.assign(new pg.DatabaseError(message, 0, 'error'), { code });
  const error = toStorageError(thrown);
  expect([error.httpStatus, error.body()]).toMatchObject([httpStatus, { statusCode, code: name }]);
});
