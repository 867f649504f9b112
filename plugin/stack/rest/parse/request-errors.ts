import { RestError } from '../rest-error.ts';

// Codes, texts and statuses as PostgREST (Error.hs, group PGRST1xx).

const error = (status: number, code: string, message: string, details?: unknown, hint?: string): RestError =>
  new RestError(status, { code, message, details, hint });

export const parseFailed = (message: string, details: string): RestError =>
  error(400, 'PGRST100', message, details);

export const invalidRpcMethod = (method: string): RestError =>
  error(405, 'PGRST101', `Cannot use the ${method} method on RPC`);

export const invalidBody = (message: string): RestError => error(400, 'PGRST102', message);

export const invalidRange = (details: string): RestError =>
  error(416, 'PGRST103', 'Requested range not satisfiable', details);

export const offsetOutOfBounds = (offset: number, total: number): RestError =>
  invalidRange(`An offset of ${offset} was requested, but there are only ${total} rows.`);

export const invalidPutFilters = (): RestError =>
  error(405, 'PGRST105', "Filters must include all and only primary key columns with 'eq' operators");

export const unacceptableSchema = (schema: string, exposed: readonly string[]): RestError =>
  error(
    406,
    'PGRST106',
    `Invalid schema: ${schema}`,
    undefined,
    `Only the following schemas are exposed: ${exposed.join(', ')}`,
  );

export const unacceptableMediaTypes = (types: readonly string[]): RestError =>
  error(406, 'PGRST107', `None of these media types are available: ${types.join(', ')}`);

export const notEmbedded = (resource: string): RestError =>
  error(
    400,
    'PGRST108',
    `'${resource}' is not an embedded resource in this request`,
    undefined,
    `Verify that '${resource}' is included in the 'select' query parameter.`,
  );

export const aliasedTargetName = (resource: string, name: string, alias: string): RestError =>
  error(
    400,
    'PGRST108',
    `'${resource}' is not an embedded resource in this request`,
    'Target names are not allowed in filters if they have an alias',
    `Change '${name}' to '${alias}' in filters, orders or limits.`,
  );

export const invalidResponseHeaders = (): RestError =>
  error(
    500,
    'PGRST111',
    'response.headers guc must be a JSON array composed of objects with a single key and a string value',
  );

export const invalidResponseStatus = (): RestError =>
  error(500, 'PGRST112', 'response.status guc must be a valid status code');

export const putLimitNotAllowed = (): RestError =>
  error(400, 'PGRST114', 'limit/offset querystring parameters are not allowed for PUT');

export const putPrimaryKeyMismatch = (): RestError =>
  error(400, 'PGRST115', 'Payload values do not match URL in primary key column(s)');

export const notSingular = (rows: number): RestError =>
  error(
    406,
    'PGRST116',
    'Cannot coerce the result to a single JSON object',
    `The result contains ${rows} rows`,
  );

export const unsupportedMethod = (method: string): RestError =>
  error(405, 'PGRST117', `Unsupported HTTP method: ${method}`);

export const relatedOrderNotToOne = (origin: string, target: string): RestError =>
  error(
    400,
    'PGRST118',
    `A related order on '${target}' is not possible`,
    `'${origin}' and '${target}' do not form a many-to-one or one-to-one relationship`,
  );

export const invalidPreferences = (preferences: readonly string[]): RestError =>
  error(
    400,
    'PGRST122',
    'Invalid preferences given with handling=strict',
    `Invalid preferences: ${preferences.join(', ')}`,
  );

export const aggregatesNotAllowed = (): RestError =>
  error(400, 'PGRST123', 'Use of aggregate functions is not allowed');

export const maxAffectedExceeded = (rows: number): RestError =>
  error(
    400,
    'PGRST124',
    'Query result exceeds max-affected preference constraint',
    `The query affects ${rows} rows`,
  );

export const invalidPath = (): RestError => error(404, 'PGRST125', 'Invalid path specified in request URL');

export const openApiDisabled = (): RestError => error(404, 'PGRST126', 'Root endpoint metadata is disabled');

export const notImplemented = (details: string): RestError =>
  error(400, 'PGRST127', 'Feature not implemented', details);

export const maxAffectedOnSingleResult = (): RestError =>
  error(
    400,
    'PGRST128',
    'Function must return SETOF or TABLE when max-affected preference is used with handling=strict',
  );
