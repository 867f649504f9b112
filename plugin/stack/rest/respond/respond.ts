import type { ApiRequest } from '../parse/api-request.ts';
import { contentType, type MediaType } from '../parse/media-type.ts';
import { formatPreferences } from '../parse/preferences.ts';
import { canonicalQuery, encodeQueryValue } from '../parse/query-string.ts';
import { offsetOutOfBounds } from '../parse/request-errors.ts';
import { returnsVoid, type CrudPlan } from '../plan/types.ts';
import { encodeError, type ErrorVerbosity } from '../http/rest-error.ts';
import type { ResultRow } from '../sql/result-row.ts';
import { addMissingHeaders, type Header, type HttpResponse } from '../http/response.ts';
import { parseResponseHeaders, parseResponseStatus } from './response-settings.ts';

// PostgREST v16 src/library/PostgREST/Response.hs

/**
 * The response to a read, write or function call, from the row that its statement returned.
 *
 * @throws RestError PGRST111, PGRST112 for bad `response.headers` and `response.status` settings
 */
export function respond(
  plan: CrudPlan,
  request: ApiRequest,
  result: ResultRow,
  verbosity: ErrorVerbosity,
): HttpResponse {
  const response = responseOf(plan, request, result, verbosity);
  const status = parseResponseStatus(result.responseStatus) ?? response.status;
  const headers = addMissingHeaders(response.headers, parseResponseHeaders(result.responseHeaders));
  return { ...response, status, headers };
}

function responseOf(
  plan: CrudPlan,
  request: ApiRequest,
  result: ResultRow,
  verbosity: ErrorVerbosity,
): HttpResponse {
  switch (plan.kind) {
    case 'read':
      return respondRead(plan, request, result, verbosity);
    case 'call':
      return respondCall(plan, request, result, verbosity);
    case 'mutate':
      return respondMutation(plan, request, result);
  }
}

function respondRead(
  plan: CrudPlan & { kind: 'read' },
  request: ApiRequest,
  result: ResultRow,
  verbosity: ErrorVerbosity,
): HttpResponse {
  const { status, contentRange } = rangeStatus(request, result);
  const query = canonicalQuery(request.query.parameters);
  const location = `/${plan.target.name}${query === '' ? '' : `?${query}`}`;
  const body = plan.headersOnly && status !== 416 ? '' : bodyOrRangeError(status, request, result, verbosity);
  return {
    status,
    headers: [
      contentRange,
      ['Content-Location', location],
      ...(plan.headersOnly ? [] : [contentLength(body)]),
      ...typeHeaders(plan.mediaType, request),
      ...preferenceApplied(plan, request),
    ],
    body,
  };
}

function respondCall(
  plan: CrudPlan & { kind: 'call' },
  request: ApiRequest,
  result: ResultRow,
  verbosity: ErrorVerbosity,
): HttpResponse {
  const { status, contentRange } = rangeStatus(request, result);
  const headers: Header[] = [contentRange, ...preferenceApplied(plan, request)];
  if (returnsVoid(plan.call.routine)) return { status: 204, headers, body: '' };
  const isHead = plan.method === 'head';
  const body = bodyOrRangeError(status, request, result, verbosity);
  return {
    status,
    headers: [...headers, ...(isHead ? [] : [contentLength(body)]), ...typeHeaders(plan.mediaType, request)],
    body: isHead ? '' : body,
  };
}

function respondMutation(
  plan: CrudPlan & { kind: 'mutate' },
  request: ApiRequest,
  result: ResultRow,
): HttpResponse {
  const { preferences } = request;
  const returnsBody = preferences.return === 'representation';
  const count = preferences.count === 'exact' || preferences.count === 'estimated' ? result.page : undefined;
  const body = returnsBody ? result.body : '';
  const bodyHeaders = returnsBody ? [contentLength(body), ...typeHeaders(plan.mediaType, request)] : [];
  const applied = preferenceApplied(plan, request);
  const okOrEmpty = returnsBody ? 200 : 204;
  switch (plan.mutation) {
    case 'create': {
      const location: Header[] =
        result.location.length === 0
          ? []
          : [['Location', `/${plan.target.name}?${locationQuery(result.location)}`]];
      // Without a row in the body nothing was counted, and nothing inserted.
      const onlyUpdated = preferences.resolution === 'merge-duplicates' && (result.inserted ?? 0) <= 0;
      return {
        status: onlyUpdated ? 200 : 201,
        headers: [
          contentLength(body),
          ...location,
          ['Content-Range', formatContentRange(1, 0, count)],
          ...applied,
          ...(returnsBody ? typeHeaders(plan.mediaType, request) : []),
        ],
        body,
      };
    }
    case 'update': {
      const range: Header = ['Content-Range', formatContentRange(0, result.page - 1, count)];
      return { status: okOrEmpty, headers: [range, ...applied, ...bodyHeaders], body };
    }
    case 'delete': {
      const range: Header = ['Content-Range', formatContentRange(1, 0, count)];
      return { status: okOrEmpty, headers: [range, ...applied, ...bodyHeaders], body };
    }
    case 'upsert': {
      const status = returnsBody && (result.inserted ?? 0) > 0 ? 201 : okOrEmpty;
      return { status, headers: [...bodyHeaders, ...applied], body };
    }
  }
}

/** The response to a request for an execution plan. */
export function respondPlan(type: MediaType, request: ApiRequest, plan: string): HttpResponse {
  return { status: 200, headers: [contentLength(plan), ...typeHeaders(type, request)], body: plan };
}

/** The response to OPTIONS: the allowed methods. */
export function respondInfo(allow: string): HttpResponse {
  const headers: Header[] = [
    ['Content-Length', '0'],
    ['Access-Control-Allow-Origin', '*'],
    ['Allow', allow],
  ];
  return { status: 200, headers, body: '' };
}

/** The response of the root path: the OpenAPI description. */
export function respondDescription(request: ApiRequest, type: MediaType, text: string): HttpResponse {
  const headersOnly = request.action.kind === 'inspect' && request.action.headersOnly;
  const body = headersOnly ? '' : text;
  const headers = [...typeHeaders(type, request), ...(headersOnly ? [] : [contentLength(body)])];
  return { status: 200, headers, body };
}

function rangeStatus(
  { range }: ApiRequest,
  { page, total }: ResultRow,
): { status: number; contentRange: Header } {
  const upper = range.lower + page - 1;
  const contentRange: Header = ['Content-Range', formatContentRange(range.lower, upper, total)];
  if (total === undefined) return { status: 200, contentRange };
  if (range.lower > total) return { status: 416, contentRange };
  return { status: page < total ? 206 : 200, contentRange };
}

/** `0-24/100`, with `*` for an empty range or an unknown total. */
function formatContentRange(lower: number, upper: number, total: number | undefined): string {
  const rows = total !== 0 && lower <= upper ? `${lower}-${upper}` : '*';
  return `${rows}/${total ?? '*'}`;
}

function bodyOrRangeError(
  status: number,
  request: ApiRequest,
  result: ResultRow,
  verbosity: ErrorVerbosity,
): string | Buffer {
  if (status !== 416) return result.body;
  return encodeError(offsetOutOfBounds(request.range.lower, result.total ?? 0), verbosity);
}

const contentLength = (body: string | Buffer): Header => ['Content-Length', String(Buffer.byteLength(body))];

function typeHeaders(type: MediaType, request: ApiRequest): Header[] {
  const profile: Header[] = request.schemaNegotiated ? [['Content-Profile', request.schema]] : [];
  return [['Content-Type', contentType(type)], ...profile];
}

function locationQuery(location: readonly string[]): string {
  return location
    .map((pair) => {
      const equals = pair.indexOf('=');
      return `${encodeQueryValue(pair.slice(0, equals))}=${encodeQueryValue(pair.slice(equals + 1))}`;
    })
    .join('&');
}

/** The `Preference-Applied` header, with the preferences that apply to this kind of request. */
function preferenceApplied(plan: CrudPlan, { preferences, query }: ApiRequest): Header[] {
  const isMutation = plan.kind === 'mutate';
  const mutation = isMutation ? plan.mutation : undefined;
  const hasTarget =
    isMutation &&
    plan.mutate.kind === 'insert' &&
    (plan.mutate.primaryKey.length > 0 || query.onConflict !== undefined);
  const mayExceed = plan.kind === 'call' || mutation === 'update' || mutation === 'delete';
  const text = formatPreferences({
    ...preferences,
    resolution: mutation === 'create' && hasTarget ? preferences.resolution : undefined,
    return: isMutation ? preferences.return : undefined,
    missing: mutation === 'create' || mutation === 'update' ? preferences.missing : undefined,
    maxAffected: mayExceed ? preferences.maxAffected : undefined,
  });
  return text === undefined ? [] : [['Preference-Applied', text]];
}
