import { isObject, parseJson, type JsonObject } from './json.ts';

export interface DecodedJwt {
  readonly header: JsonObject;
  readonly claims: JsonObject;
}

const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]*$/;
// Fatal for bytes that are not UTF-8; keeps a byte order mark, which then is a syntax error of the JSON.
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads header and claims of a JWT without verifying it. The gateway and the services share this parser, so that they
 * never read different claims from one token: whatever it cannot read, nobody accepts.
 *
 * @returns undefined unless the token is three base64url parts, with JSON objects in UTF-8 as the first two, and without
 *   header extensions (`crit`, `b64`: RFC 7515, RFC 7797)
 */
export function decodeJwt(token: string): DecodedJwt | undefined {
  if (!COMPACT.test(token)) return undefined;
  const [head = '', body = ''] = token.split('.', 2);
  const header = decodePart(head);
  const claims = decodePart(body);
  if (!header || !claims || header.crit !== undefined || header.b64 !== undefined) return undefined;
  return { header, claims };
}

function decodePart(part: string): JsonObject | undefined {
  try {
    const value = parseJson(UTF8.decode(Buffer.from(part, 'base64url')));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
