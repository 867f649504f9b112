import { isObject, parseJson } from '../../../shared/json.ts';
import { readCsv } from './csv.ts';
import type { MediaType } from './media-type.ts';
import { parseQueryString } from './query-string.ts';
import { invalidBody } from './request-errors.ts';

// PostgREST v16 src/library/PostgREST/ApiRequest/Payload.hs

/** The body of a write or a function call, parsed only as far as needed before PostgreSQL reads it. */
export type Payload =
  /** JSON text whose objects all have the keys `keys`. */
  | { readonly kind: 'json'; readonly text: string; readonly keys: readonly string[] }
  /** Form fields, for a function. */
  | {
      readonly kind: 'form';
      readonly fields: readonly (readonly [name: string, value: string])[];
      readonly keys: readonly string[];
    }
  /** Passed unchanged to a function's single parameter. */
  | { readonly kind: 'raw'; readonly bytes: Buffer };

/**
 * Reads a body by its content type.
 *
 * @param isCall whether the body holds a function's arguments
 * @param columns from the `columns` parameter; the body's keys are then not checked
 * @throws RestError PGRST102
 */
export function parsePayload(
  body: Buffer,
  type: MediaType,
  isCall: boolean,
  columns: readonly string[] | undefined,
): Payload {
  switch (type.kind) {
    case 'json':
      return parseJsonBody(body.toString('utf8'), isCall, columns);
    case 'csv':
      return parseCsv(body.toString('utf8'));
    case 'form':
      return parseForm(body.toString('utf8'), isCall);
    case 'text':
    case 'xml':
    case 'binary':
      if (isCall) return { kind: 'raw', bytes: body };
  }
  throw invalidBody(`Content-Type not acceptable: ${type.mime}`);
}

function parseJsonBody(text: string, isCall: boolean, columns: readonly string[] | undefined): Payload {
  if (columns) return { kind: 'json', text, keys: [...new Set(columns)].toSorted() };
  if (text === '' && isCall) return { kind: 'json', text, keys: [] };
  const json = parseJson(text);
  if (json === undefined) throw invalidBody('Empty or invalid json');
  return withUniformKeys(text, json);
}

function parseCsv(text: string): Payload {
  const result = readCsv(text);
  if ('error' in result) throw invalidBody(result.error);
  return withUniformKeys(JSON.stringify(result.rows), result.rows);
}

function parseForm(text: string, isCall: boolean): Payload {
  const fields = parseQueryString(text).map(({ key, value }): [string, string] => [key, value ?? '']);
  const keys = [...new Set(fields.map(([key]) => key))].toSorted();
  if (isCall) return { kind: 'form', fields, keys };
  return { kind: 'json', text: JSON.stringify(Object.fromEntries(fields)), keys };
}

/** @throws RestError PGRST102 when the elements of an array are not objects with the same keys */
function withUniformKeys(text: string, json: unknown): Payload {
  if (isObject(json)) return { kind: 'json', text, keys: Object.keys(json).toSorted() };
  // Any other JSON value counts as an empty array.
  if (!Array.isArray(json) || json.length === 0) return { kind: 'json', text: '[]', keys: [] };
  const [first] = json as unknown[];
  if (!isObject(first)) throw invalidBody('All object keys must match');
  const keys = Object.keys(first);
  const hasSameKeys = (row: unknown): boolean => {
    if (!isObject(row)) return false;
    let count = 0;
    for (const key in row) {
      if (!Object.hasOwn(first, key)) return false;
      count += 1;
    }
    return count === keys.length;
  };
  if (!json.every(hasSameKeys)) throw invalidBody('All object keys must match');
  return { kind: 'json', text, keys: keys.toSorted() };
}
