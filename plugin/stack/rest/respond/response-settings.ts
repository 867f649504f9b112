import { validateHeaderName, validateHeaderValue } from 'node:http';
import { isObject } from '../../../shared/json.ts';
import { invalidResponseHeaders, invalidResponseStatus } from '../parse/request-errors.ts';
import type { Header } from '../http/response.ts';

// PostgREST v16 src/library/PostgREST/Response/GucHeader.hs

/** Parses the setting `response.headers`: `[{"Set-Cookie": "a=b"}, …]`. @throws RestError PGRST111 */
export function parseResponseHeaders(setting: string | undefined): Header[] {
  if (setting === undefined) return [];
  let list: unknown;
  try {
    list = JSON.parse(setting);
  } catch {
    throw invalidResponseHeaders();
  }
  if (!Array.isArray(list)) throw invalidResponseHeaders();
  return list.map((item: unknown): Header => {
    const entries = isObject(item) ? Object.entries(item) : [];
    const [name, value] = entries[0] ?? [];
    if (entries.length !== 1 || name === undefined || typeof value !== 'string' || !isHeader(name, value))
      throw invalidResponseHeaders();
    return [name, value];
  });
}

/** Whether Node can send the header: a valid name, no line break in the value. */
function isHeader(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, Buffer.from(value, 'utf8').toString('latin1'));
    return true;
  } catch {
    return false;
  }
}

/** Parses the setting `response.status`: its leading digits. @throws RestError PGRST112 */
export function parseResponseStatus(setting: string | undefined): number | undefined {
  if (setting === undefined) return undefined;
  const status = Number.parseInt(/^\d+/.exec(setting)?.[0] ?? '', 10);
  if (!(status >= 100 && status <= 999)) throw invalidResponseStatus();
  return status;
}
