import type { IncomingHttpHeaders } from 'node:http';
import { contentTypeOf, parseAccept, type MediaType } from './media-type.ts';
import { parsePayload, type Payload } from './payload.ts';
import { parsePreferences, type Preferences } from './preferences.ts';
import { parseQueryParameters, type QueryParameters } from './query-parameters.ts';
import { percentDecode } from './query-string.ts';
import {
  ALL_ROWS,
  headerRange,
  isAllRows,
  isEmptyRange,
  isLimitZero,
  topLevelRange,
  type RowRange,
} from './range.ts';
import * as errors from './request-errors.ts';

// PostgREST v16 src/library/PostgREST/ApiRequest.hs

/** The action that the request asks for; relations and functions by name, not yet looked up. */
type Action =
  | { readonly kind: 'read'; readonly relation: string; readonly headersOnly: boolean }
  | { readonly kind: 'mutate'; readonly relation: string; readonly mutation: Mutation }
  | { readonly kind: 'call'; readonly routine: string; readonly method: 'get' | 'head' | 'post' }
  | { readonly kind: 'inspect'; readonly headersOnly: boolean }
  | { readonly kind: 'relationInfo'; readonly relation: string }
  | { readonly kind: 'routineInfo'; readonly routine: string }
  | { readonly kind: 'schemaInfo' };

export type Mutation = 'create' | 'update' | 'upsert' | 'delete';

/** An HTTP request in PostgREST's terms, before anything is looked up in the schema cache. */
export interface ApiRequest {
  readonly action: Action;
  readonly method: string;
  /** As received, without the query string. */
  readonly path: string;
  readonly schema: string;
  /** Whether a profile header named the schema, or there are several; the response then names it. */
  readonly schemaNegotiated: boolean;
  readonly query: QueryParameters;
  /** The requested rows of the top level: the Range header and the parameters combined. */
  readonly range: RowRange;
  readonly preferences: Preferences;
  readonly accept: readonly MediaType[];
  readonly contentType: MediaType;
  readonly payload: Payload | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** The HTTP request with its whole body. */
export interface RawRequest {
  readonly method: string;
  /** Path and query string. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface ApiOptions {
  readonly schemas: readonly string[];
  readonly allowTx: boolean;
  readonly openApiEnabled: boolean;
  /** Function that responds to `/` instead of the OpenAPI description. */
  readonly rootSpec: string | undefined;
}

/** Parses everything about a request that does not need the schema cache. @throws RestError PGRST1xx */
export function parseApiRequest(raw: RawRequest, options: ApiOptions): ApiRequest {
  const question = raw.url.indexOf('?');
  const path = question === -1 ? raw.url : raw.url.slice(0, question);
  const { schema, negotiated } = chooseSchema(raw, options.schemas);
  const action = parseAction(raw.method, path, options);
  const isGetCall = action.kind === 'call' && action.method !== 'post';
  const query = parseQueryParameters(question === -1 ? '' : raw.url.slice(question + 1), isGetCall);
  const range = parseTopLevelRange(raw, query);
  const contentType = contentTypeOf(raw.headers['content-type']);
  return {
    action,
    method: raw.method,
    path,
    schema,
    schemaNegotiated: negotiated,
    query,
    range,
    preferences: parsePreferences(singleHeader(raw.headers.prefer), options.allowTx),
    accept: parseAccept(raw.headers.accept),
    contentType,
    payload: parseBody(raw.body, contentType, action, query),
    headers: raw.headers,
  };
}

function parseBody(
  body: Buffer,
  type: MediaType,
  action: Action,
  query: QueryParameters,
): Payload | undefined {
  if (action.kind === 'call' && action.method === 'post')
    return parsePayload(body, type, true, query.columns);
  if (action.kind !== 'mutate' || action.mutation === 'delete') return undefined;
  return parsePayload(body, type, false, action.mutation === 'upsert' ? undefined : query.columns);
}

function parseAction(method: string, path: string, options: ApiOptions): Action {
  const segments = path.split('/').slice(1).map(percentDecode);
  if (segments.length === 1 && segments[0] === '') return rootAction(method, options);
  const [first = '', second = ''] = segments;
  if (segments.length === 1) return relationAction(method, first);
  if (segments.length === 2 && first === 'rpc') return routineAction(method, second);
  throw errors.invalidPath();
}

function rootAction(method: string, options: ApiOptions): Action {
  if (!options.openApiEnabled) throw errors.openApiDisabled();
  if (options.rootSpec !== undefined) return routineAction(method, options.rootSpec);
  switch (method) {
    case 'GET':
    case 'HEAD':
      return { kind: 'inspect', headersOnly: method === 'HEAD' };
    case 'OPTIONS':
      return { kind: 'schemaInfo' };
    default:
      throw errors.unsupportedMethod(method);
  }
}

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  POST: 'create',
  PUT: 'upsert',
  PATCH: 'update',
  DELETE: 'delete',
};

function relationAction(method: string, relation: string): Action {
  if (method === 'GET' || method === 'HEAD')
    return { kind: 'read', relation, headersOnly: method === 'HEAD' };
  if (method === 'OPTIONS') return { kind: 'relationInfo', relation };
  const mutation = MUTATIONS[method];
  if (mutation) return { kind: 'mutate', relation, mutation };
  throw errors.unsupportedMethod(method);
}

function routineAction(method: string, routine: string): Action {
  switch (method) {
    case 'GET':
      return { kind: 'call', routine, method: 'get' };
    case 'HEAD':
      return { kind: 'call', routine, method: 'head' };
    case 'POST':
      return { kind: 'call', routine, method: 'post' };
    case 'OPTIONS':
      return { kind: 'routineInfo', routine };
    default:
      throw errors.invalidRpcMethod(method);
  }
}

function chooseSchema(raw: RawRequest, schemas: readonly string[]): { schema: string; negotiated: boolean } {
  const writes = raw.method in MUTATIONS;
  const profile = singleHeader(raw.headers[writes ? 'content-profile' : 'accept-profile']);
  if (profile === undefined) return { schema: schemas[0] ?? '', negotiated: schemas.length !== 1 };
  // Header values arrive as Latin-1; schema names may be any UTF-8.
  const schema = Buffer.from(profile, 'latin1').toString('utf8');
  if (!schemas.includes(schema)) throw errors.unacceptableSchema(schema, schemas);
  return { schema, negotiated: true };
}

function parseTopLevelRange(raw: RawRequest, query: QueryParameters): RowRange {
  const fromHeader = raw.method === 'GET' ? headerRange(singleHeader(raw.headers.range)) : ALL_ROWS;
  const fromParameters = query.ranges.get('')?.value ?? ALL_ROWS;
  const range = topLevelRange(fromHeader, fromParameters);
  if (isEmptyRange(range) && !isLimitZero(fromParameters)) {
    throw errors.invalidRange(
      isEmptyRange(fromHeader)
        ? 'The lower boundary must be lower than or equal to the upper boundary in the Range header.'
        : 'Limit should be greater than or equal to zero.',
    );
  }
  if (raw.method === 'PUT' && !isAllRows(range)) throw errors.putLimitNotAllowed();
  return range;
}

/** A header's value; repeated headers are joined. */
function singleHeader(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}
