import { isObject, parseJson, type JsonObject } from '../../../shared/json.ts';
import type { DatabaseError } from '../database/errors.ts';
import { isFinalStatus, isFramingHeader, isValidHeader } from '../http/response.ts';
import { RestError } from '../http/rest-error.ts';

// PostgREST v16 src/library/PostgREST/Error.hs

/**
 * The response to an error of PostgreSQL: its SQLSTATE, message, detail and hint, with PostgREST's choice of status.
 *
 * @param authenticated whether the request's role is not the anonymous one
 */
export function fromDatabaseError(error: DatabaseError, authenticated: boolean): RestError {
  if (error.code === 'PGRST') return fromRaisedResponse(error);
  const status = statusOf(error, authenticated);
  const body = { code: error.code, message: error.message, details: error.detail, hint: error.hint ?? null };
  const headers = status === 401 ? [['WWW-Authenticate', 'Bearer'] as const] : [];
  return new RestError(status, body, headers, error.code.startsWith('PT') ? error.message : undefined);
}

/** Statuses by SQLSTATE; others depend on their class, below. */
const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  '23503': 409,
  '23505': 409,
  '25006': 405,
  '53400': 500,
  '57P01': 503,
  P0001: 400,
  '42P01': 404,
  '42P17': 500,
};

const STATUS_BY_CLASS: Readonly<Record<string, number>> = {
  '08': 503,
  '09': 500,
  '0L': 403,
  '0P': 403,
  '25': 500,
  '28': 403,
  '2D': 500,
  '38': 500,
  '39': 500,
  '3B': 500,
  '40': 500,
  '53': 503,
  '54': 500,
  '55': 500,
  '57': 500,
  '58': 500,
  F0: 500,
  HV: 500,
  P0: 500,
  XX: 500,
};

function statusOf({ code, message }: DatabaseError, authenticated: boolean): number {
  switch (code) {
    case '42501':
      return authenticated ? 403 : 401;
    case '42883':
      return message.startsWith('function xmlagg(') ? 406 : 404;
    case '21000':
      // pg-safeupdate's message reports the client's mistake; a subquery with several rows is the function's.
      return message.endsWith('requires a WHERE clause') ? 400 : 500;
    case '22023':
      return /^role .* does not exist$/.test(message) ? 401 : 400;
  }
  if (code.startsWith('PT')) {
    const status = Number(code.slice(2));
    return isFinalStatus(status) ? status : 500;
  }
  return STATUS_BY_CODE[code] ?? STATUS_BY_CLASS[code.slice(0, 2)] ?? 400;
}

/** `RAISE SQLSTATE 'PGRST'`: message and detail are JSON that defines the whole response. */
function fromRaisedResponse({ message, detail }: DatabaseError): RestError {
  const body = parseObject(message);
  if (!body || typeof body.code !== 'string' || typeof body.message !== 'string')
    return badRaise(`Invalid JSON value for MESSAGE: '${message}'`, MESSAGE_HINT);
  if (detail === undefined) return badRaise('DETAIL is missing in the RAISE statement', DETAIL_HINT);
  const response = parseObject(detail);
  const headers = response?.headers;
  if (!response || !isFinalStatus(response.status) || !isHeaderRecord(headers))
    return badRaise(`Invalid JSON value for DETAIL: '${detail}'`, DETAIL_HINT);
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  return new RestError(
    response.status,
    {
      code: body.code,
      message: body.message,
      details: text(body.details),
      hint: text(body.hint) ?? null,
    },
    Object.entries(headers).filter(
      ([name]) => !isFramingHeader(name) && name.toLowerCase() !== 'content-type',
    ),
    text(response.status_text),
  );
}

const MESSAGE_HINT =
  "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys: 'details', 'hint'.";
const DETAIL_HINT =
  "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'.";

function badRaise(details: string, hint: string): RestError {
  return new RestError(500, {
    code: 'PGRST121',
    message: 'Could not parse JSON in the "RAISE SQLSTATE \'PGRST\'" error',
    details,
    hint,
  });
}

function parseObject(text: string): JsonObject | undefined {
  const value = parseJson(text);
  return isObject(value) ? value : undefined;
}

function isHeaderRecord(value: unknown): value is Record<string, string> {
  return (
    isObject(value) &&
    Object.entries(value).every(([name, text]) => typeof text === 'string' && isValidHeader(name, text))
  );
}
