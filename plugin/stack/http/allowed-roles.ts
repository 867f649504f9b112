import type { IncomingHttpHeaders } from 'node:http';
import { ALLOWED_ROLES_HEADER } from '../../shared/allowed-roles.ts';

/** Whether the caller of a request may act as this database role, by the gateway's decision about the caller. */
export function mayUseRole(headers: IncomingHttpHeaders, role: string): boolean {
  const allowed = headers[ALLOWED_ROLES_HEADER];
  return allowed === undefined || String(allowed).split(',').includes(role);
}
