import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { ALLOWED_ROLES_HEADER, VISITOR_ROLES } from '../../shared/allowed-roles.ts';

/**
 * The header by which one gateway shows another one that it has checked a request's host and origin by its own rules,
 * which the other one does not have. Its value is a secret that the other one issued. A client's header of this name is
 * never passed on.
 */
export const GATEWAY_SECRET_HEADER = 'x-supabase-gateway-secret';

/** Says that the calling page is a foreign one: only the gateway that the page has called has the rules to decide that. */
export const FOREIGN_PAGE_HEADER = 'x-supabase-foreign-page';

/** Whether a request came through a gateway that has the secret; without a secret, none did. */
export function createGatewaySecretCheck(
  gatewaySecret: string | undefined,
): (headers: IncomingHttpHeaders) => boolean {
  if (!gatewaySecret) return () => false;
  const expected = Buffer.from(gatewaySecret);
  return (headers) => {
    const presented = headers[GATEWAY_SECRET_HEADER];
    if (typeof presented !== 'string') return false;
    const bytes = Buffer.from(presented);
    return bytes.length === expected.length && timingSafeEqual(bytes, expected);
  };
}

/** The headers for another gateway: the secret that it issued, and what was found out about the caller. */
export function relayHeaders(
  gatewaySecret: string,
  { origin }: { readonly origin: string },
  mayBeAdmin: boolean,
): string[] {
  const headers = [GATEWAY_SECRET_HEADER, gatewaySecret];
  if (!mayBeAdmin) headers.push(ALLOWED_ROLES_HEADER, VISITOR_ROLES);
  if (origin === 'foreign') headers.push(FOREIGN_PAGE_HEADER, 'true');
  return headers;
}
