// Storage v1.70.6 src/http/plugins/jwt.ts
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { mayUseRole } from '../../http/allowed-roles.ts';
import { bearerToken } from '../../http/bearer.ts';
import { JwtVerifyError, type JwtVerifier } from '../../jwt.ts';
import { ANONYMOUS, type Caller } from '../database/request-scope.ts';
import { storageErrors } from '../errors.ts';
import { verifyCaller } from '../verify-token.ts';

/**
 * The caller by the Authorization header, with or without "Bearer".
 *
 * @throws StorageError AccessDenied, also for a role that the gateway does not allow this request
 */
export async function authenticate(verifier: JwtVerifier, req: IncomingMessage): Promise<Caller> {
  return authenticateToken(verifier, tokenOf(req), req.headers);
}

/** Like `authenticate`, but a missing or invalid token makes an anonymous caller. */
export async function authenticateOptionally(verifier: JwtVerifier, req: IncomingMessage): Promise<Caller> {
  if (!req.headers.authorization) return ANONYMOUS;
  const caller = await verifyCaller(verifier, tokenOf(req)).catch(() => ANONYMOUS);
  requireAllowedRole(req.headers, caller.role);
  return caller;
}

/**
 * The caller that a token stands for.
 *
 * @param headers of the request that carries the token: they say which roles it may use
 * @throws StorageError AccessDenied
 */
export async function authenticateToken(
  verifier: JwtVerifier,
  token: string,
  headers: IncomingHttpHeaders,
): Promise<Caller> {
  try {
    const caller = await verifyCaller(verifier, token);
    requireAllowedRole(headers, caller.role);
    return caller;
  } catch (error) {
    throw error instanceof JwtVerifyError ? storageErrors.accessDenied(error.message) : error;
  }
}

/** @throws StorageError AccessDenied unless the gateway allows the request to act as this role */
function requireAllowedRole(headers: IncomingHttpHeaders, role: string): void {
  if (mayUseRole(headers, role)) return;
  throw storageErrors.accessDenied(`The role "${role}" is for programs and pages of this machine only`, 403);
}

function tokenOf({ headers: { authorization = '' } }: IncomingMessage): string {
  return bearerToken(authorization) ?? authorization;
}
