// Storage v1.70.6 src/http/plugins/jwt.ts
import type { IncomingMessage } from 'node:http';
import { bearerToken } from '../../http/bearer.ts';
import { JwtVerifyError, type JwtVerifier } from '../../jwt.ts';
import { ANONYMOUS, type Caller } from '../database/request-scope.ts';
import { storageErrors } from '../errors.ts';
import { verifyCaller } from '../verify-token.ts';

/**
 * The caller by the Authorization header, with or without "Bearer".
 *
 * @throws StorageError AccessDenied
 */
export async function authenticate(verifier: JwtVerifier, req: IncomingMessage): Promise<Caller> {
  const { authorization = '' } = req.headers;
  return authenticateToken(verifier, bearerToken(authorization) ?? authorization);
}

/** Like `authenticate`, but a missing or invalid token makes an anonymous caller. */
export async function authenticateOptionally(verifier: JwtVerifier, req: IncomingMessage): Promise<Caller> {
  if (!req.headers.authorization) return ANONYMOUS;
  return authenticate(verifier, req).catch(() => ANONYMOUS);
}

/** The caller that a token stands for. @throws StorageError AccessDenied */
export async function authenticateToken(verifier: JwtVerifier, token: string): Promise<Caller> {
  try {
    return await verifyCaller(verifier, token);
  } catch (error) {
    throw error instanceof JwtVerifyError ? storageErrors.accessDenied(error.message) : error;
  }
}
