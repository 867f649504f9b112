import { RestError } from '../http/rest-error.ts';

// PostgREST v16 src/library/PostgREST/Error.hs, codes PGRST1xx

function error(status: number, code: string, message: string, details?: unknown, hint?: string): RestError {
  return new RestError(status, { code, message, details, hint });
}

/** Not PostgREST's: it reads a body of any size. */
export function bodyTooLarge(limit: number): RestError {
  return new RestError(413, { code: '413', message: `Request body larger than ${limit} bytes` }, [
    ['Connection', 'close'],
  ]);
}

export function parseFailed(message: string, details: string): RestError {
  return error(400, 'PGRST100', message, details);
}

export function invalidRpcMethod(method: string): RestError {
  return error(405, 'PGRST101', `Cannot use the ${method} method on RPC`);
}

export const invalidBody = (message: string): RestError => error(400, 'PGRST102', message);

export function invalidRange(details: string): RestError {
  return error(416, 'PGRST103', 'Requested range not satisfiable', details);
}

export function offsetOutOfBounds(offset: number, total: number): RestError {
  return invalidRange(`An offset of ${offset} was requested, but there are only ${total} rows.`);
}

export function invalidPutFilters(): RestError {
  return error(405, 'PGRST105', "Filters must include all and only primary key columns with 'eq' operators");
}

export function unacceptableSchema(schema: string, exposed: readonly string[]): RestError {
  return error(
    406,
    'PGRST106',
    `Invalid schema: ${schema}`,
    undefined,
    `Only the following schemas are exposed: ${exposed.join(', ')}`,
  );
}

export function unacceptableMediaTypes(types: readonly string[]): RestError {
  return error(406, 'PGRST107', `None of these media types are available: ${types.join(', ')}`);
}

export function notEmbedded(resource: string): RestError {
  return error(
    400,
    'PGRST108',
    `'${resource}' is not an embedded resource in this request`,
    undefined,
    `Verify that '${resource}' is included in the 'select' query parameter.`,
  );
}

export function aliasedTargetName(resource: string, name: string, alias: string): RestError {
  return error(
    400,
    'PGRST108',
    `'${resource}' is not an embedded resource in this request`,
    'Target names are not allowed in filters if they have an alias',
    `Change '${name}' to '${alias}' in filters, orders or limits.`,
  );
}

export function invalidResponseHeaders(): RestError {
  return error(
    500,
    'PGRST111',
    'response.headers guc must be a JSON array composed of objects with a single key and a string value',
  );
}

export function invalidResponseStatus(): RestError {
  return error(500, 'PGRST112', 'response.status guc must be a valid status code');
}

export function putLimitNotAllowed(): RestError {
  return error(400, 'PGRST114', 'limit/offset querystring parameters are not allowed for PUT');
}

export function putPrimaryKeyMismatch(): RestError {
  return error(400, 'PGRST115', 'Payload values do not match URL in primary key column(s)');
}

export function notSingular(rows: number): RestError {
  return error(
    406,
    'PGRST116',
    'Cannot coerce the result to a single JSON object',
    `The result contains ${rows} rows`,
  );
}

export function unsupportedMethod(method: string): RestError {
  return error(405, 'PGRST117', `Unsupported HTTP method: ${method}`);
}

export function relatedOrderNotToOne(origin: string, target: string): RestError {
  return error(
    400,
    'PGRST118',
    `A related order on '${target}' is not possible`,
    `'${origin}' and '${target}' do not form a many-to-one or one-to-one relationship`,
  );
}

export function invalidPreferences(preferences: readonly string[]): RestError {
  return error(
    400,
    'PGRST122',
    'Invalid preferences given with handling=strict',
    `Invalid preferences: ${preferences.join(', ')}`,
  );
}

export function aggregatesNotAllowed(): RestError {
  return error(400, 'PGRST123', 'Use of aggregate functions is not allowed');
}

export function maxAffectedExceeded(rows: number): RestError {
  return error(
    400,
    'PGRST124',
    'Query result exceeds max-affected preference constraint',
    `The query affects ${rows} rows`,
  );
}

export const invalidPath = (): RestError => error(404, 'PGRST125', 'Invalid path specified in request URL');

export const openApiDisabled = (): RestError => error(404, 'PGRST126', 'Root endpoint metadata is disabled');

export function notImplemented(details: string): RestError {
  return error(400, 'PGRST127', 'Feature not implemented', details);
}

export function maxAffectedOnSingleResult(): RestError {
  return error(
    400,
    'PGRST128',
    'Function must return SETOF or TABLE when max-affected preference is used with handling=strict',
  );
}
