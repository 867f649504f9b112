/**
 * The token of an `Authorization: Bearer …` header (RFC 6750; the scheme in any case).
 *
 * @returns the text after the scheme, which may be empty; undefined without the header or with another scheme
 */
export function bearerToken(authorization: string | undefined): string | undefined {
  const match = /^bearer(?:\s+(.*))?$/i.exec(authorization ?? '');
  return match ? (match[1] ?? '').trim() : undefined;
}
