import { isObject } from '../../../shared/json.ts';
import { invalidResponseHeaders, invalidResponseStatus } from '../parse/request-errors.ts';
import { isFinalStatus, isFramingHeader, isValidHeader, type Header } from '../http/response.ts';
import { RestError } from '../http/rest-error.ts';

// PostgREST v16 src/library/PostgREST/Response/GucHeader.hs

/**
 * Parses the setting `response.headers`: `[{"Set-Cookie": "a=b"}, …]`. Headers of the connection are left out.
 *
 * @throws RestError PGRST111; 22023 for a Content-Type, which the setting cannot hold on Supabase
 *   (supabase/supautils `placeholders_disallowed_values`)
 */
export function parseResponseHeaders(setting: string | undefined): Header[] {
  if (setting === undefined) return [];
  let list: unknown;
  try {
    list = JSON.parse(setting);
  } catch {
    throw invalidResponseHeaders();
  }
  if (!Array.isArray(list)) throw invalidResponseHeaders();
  const headers = list.map((item: unknown): Header => {
    const entries = isObject(item) ? Object.entries(item) : [];
    const [name, value] = entries[0] ?? [];
    if (
      entries.length !== 1 ||
      name === undefined ||
      typeof value !== 'string' ||
      !isValidHeader(name, value)
    )
      throw invalidResponseHeaders();
    if (name.toLowerCase() === 'content-type') throw disallowedContentType();
    return [name, value];
  });
  return headers.filter(([name]) => !isFramingHeader(name));
}

function disallowedContentType(): RestError {
  return new RestError(400, {
    code: '22023',
    message: 'The placeholder contains the "content-type" disallowed value',
  });
}

/** Parses the setting `response.status`: its leading digits. @throws RestError PGRST112 */
export function parseResponseStatus(setting: string | undefined): number | undefined {
  if (setting === undefined) return undefined;
  const status = Number.parseInt(/^\d+/.exec(setting)?.[0] ?? '', 10);
  if (!isFinalStatus(status)) throw invalidResponseStatus();
  return status;
}
