// Storage v1.70.6 src/internal/errors/{codes,render}.ts, src/storage/database/errors.ts
import pg from 'pg';
import { hasErrorCode } from '../../shared/errors.ts';

/**
 * An error as Storage answers it. `statusCode` is the true status: part of REST's body, and the HTTP status of S3 and
 * TUS. REST's HTTP status is 400 for nearly all errors, as in Storage.
 */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly statusCode: number;
  readonly code: string;
  /** The older field `error` of the body; the code unless it has a value of its own. */
  readonly error: string;
  /** HTTP status of the REST API. */
  readonly httpStatus: number;

  constructor(
    statusCode: number,
    code: string,
    message: string,
    options: { error?: string; httpStatus?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.statusCode = statusCode;
    this.code = code;
    this.error = options.error ?? code;
    this.httpStatus = options.httpStatus ?? (statusCode === 500 ? 500 : 400);
  }

  /** The JSON body of the REST API. */
  body(): Record<string, unknown> {
    return { statusCode: String(this.statusCode), error: this.error, message: this.message, code: this.code };
  }
}

/** Storage's errors with their exact codes and messages. */
export const storageErrors = {
  noSuchBucket: () =>
    new StorageError(404, 'NoSuchBucket', 'Bucket not found', { error: 'Bucket not found' }),
  noSuchKey: () => new StorageError(404, 'NoSuchKey', 'Object not found', { error: 'not_found' }),
  noSuchUpload: () => new StorageError(404, 'NoSuchUpload', 'Upload not found'),
  accessDenied: (message = 'Access denied', httpStatus = 400) =>
    new StorageError(403, 'AccessDenied', message, { error: 'Unauthorized', httpStatus }),
  alreadyExists: (code: 'ResourceAlreadyExists' | 'KeyAlreadyExists' | 'BucketAlreadyExists') =>
    new StorageError(409, code, 'The resource already exists', { error: 'Duplicate' }),
  bucketNotEmpty: () =>
    new StorageError(409, 'ResourceNotEmpty', 'The bucket you tried to delete is not empty'),
  tooLarge: (entity = 'object', limit = 'the maximum allowed size') =>
    new StorageError(413, 'EntityTooLarge', `The ${entity} exceeded ${limit}`, {
      error: 'Payload too large',
    }),
  invalidMimeType: (type: string) =>
    new StorageError(415, 'InvalidMimeType', `mime type ${type} is not supported`, {
      error: 'invalid_mime_type',
    }),
  invalidContentType: () =>
    new StorageError(415, 'InvalidMimeType', 'Invalid Content-Type header', { error: 'invalid_mime_type' }),
  invalidKey: (key: string) => new StorageError(400, 'InvalidKey', `Invalid key: ${key}`),
  invalidBucketName: () =>
    new StorageError(400, 'InvalidBucketName', 'Bucket name invalid', { error: 'Invalid Input' }),
  invalidRequest: (message: string) => new StorageError(400, 'InvalidRequest', message),
  invalidSchema: (message: string) => new StorageError(400, 'InvalidRequest', message, { error: 'Error' }),
  invalidBody: (message: string) =>
    new StorageError(400, 'InvalidRequest', message, { error: 'FastifyError' }),
  bodyTooLarge: () =>
    new StorageError(413, 'EntityTooLarge', 'Request body is too large', {
      error: 'FastifyError',
      httpStatus: 413,
    }),
  invalidParameter: (name: string, message = `Invalid Parameter ${name}`) =>
    new StorageError(400, 'InvalidParameter', message),
  invalidJwt: (message: string) => new StorageError(400, 'InvalidJWT', message),
  invalidSignature: (message = 'Invalid signature') => new StorageError(400, 'InvalidSignature', message),
  invalidRange: () =>
    new StorageError(416, 'InvalidRange', 'invalid range provided', {
      error: 'invalid_range',
      httpStatus: 416,
    }),
  /** For the range of a copy: Storage's status differs from that for a download. */
  invalidCopyRange: () =>
    new StorageError(400, 'InvalidRange', 'invalid range provided', { error: 'invalid_range' }),
  missingContentLength: () =>
    new StorageError(400, 'MissingContentLength', 'You must provide the Content-Length HTTP header.'),
  noContent: () => storageErrors.invalidRequest('No content provided'),
  internal: (message: string, cause?: unknown) => new StorageError(500, 'InternalError', message, { cause }),
} as const;

/** The error to answer for any thrown value. Like in Storage, an unexpected one reveals no details. */
export function toStorageError(error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  if (error instanceof pg.DatabaseError) return fromDatabaseError(error);
  if (hasErrorCode(error, 'ENOSPC') || hasErrorCode(error, 'EDQUOT'))
    return storageErrors.internal('No space left where storage objects are kept', error);
  if (hasErrorCode(error, 'EACCES') || hasErrorCode(error, 'EROFS') || hasErrorCode(error, 'EPERM'))
    return storageErrors.internal('The folder of storage objects is not writable', error);
  return new StorageError(500, 'InternalError', 'Internal Server Error', { error: 'Internal', cause: error });
}

/** The error that Storage answers for a PostgreSQL error. */
export function fromDatabaseError(error: pg.DatabaseError): StorageError {
  const cause = error;
  switch (error.code) {
    case '42501': {
      const message = error.message.includes('row-level security')
        ? 'new row violates row-level security policy'
        : error.message;
      return new StorageError(403, 'AccessDenied', message, { error: 'Unauthorized', cause });
    }
    case '23505':
      return storageErrors.alreadyExists('ResourceAlreadyExists');
    case '23503':
      if (!error.detail?.includes('is still referenced from table'))
        return new StorageError(404, 'InvalidRequest', 'The related resource does not exist', { cause });
      return new StorageError(409, 'ResourceReferenced', referencedMessage(error), { cause });
    case '55P03':
      return new StorageError(423, 'ResourceLocked', 'The resource is locked', { cause });
    case '57014':
      return new StorageError(544, 'DatabaseTimeout', 'The connection to the database timed out', {
        httpStatus: 544,
        cause,
      });
    case '25006':
      return new StorageError(
        503,
        'DatabaseReadOnly',
        'The database is currently in read-only mode. Please try again later.',
        { cause },
      );
    case '25P02':
      return new StorageError(
        500,
        'DatabaseTransactionAborted',
        'The database transaction has been aborted. Roll back the transaction before retrying.',
        { cause },
      );
    case '42P17':
      return new StorageError(
        503,
        'DatabaseInvalidObjectDefinition',
        'The database schema is invalid or incompatible.',
        { cause },
      );
    // A character, or a length, that no column of text holds.
    case '22021':
    case '54000':
      return new StorageError(400, 'InvalidKey', `Invalid key: ${error.message}`, { cause });
    case '22003':
    case '22007':
    case '22008':
    case '22P02':
    case '22P05':
      return new StorageError(400, 'InvalidParameter', error.message, { cause });
    case '42703':
    case '42P01':
      return new StorageError(503, 'DatabaseSchemaMismatch', mismatchMessage(error), { cause });
    default:
      return new StorageError(500, 'DatabaseError', `database error, code: ${error.code}`, { cause });
  }
}

function referencedMessage(error: pg.DatabaseError): string {
  return error.constraint?.startsWith('s3_multipart_uploads')
    ? 'The bucket could not be updated because it is referenced by a pending multipart upload.'
    : 'The resource could not be updated or removed due to a foreign key constraint';
}

function mismatchMessage(error: pg.DatabaseError): string {
  return error.internalQuery && error.internalPosition
    ? `There is a database schema mismatch in a trigger or RLS policy: ${error.where}`
    : 'The database schema is out of sync. Please run migrations or contact support.';
}
