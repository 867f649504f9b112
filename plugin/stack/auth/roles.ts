import type { AuthRequest } from './http/request.ts';

/** Audience of a new user, as the CLI configures it. */
export const DEFAULT_AUDIENCE = 'authenticated';

/** Role of a new user. */
export const DEFAULT_ROLE = 'authenticated';

/** The role that may use the admin endpoints. */
export const ADMIN_ROLE = 'service_role';

/**
 * The audience in which users are looked up and created: header `X-JWT-AUD`, else that of the user's token, else the
 * default.
 *
 * @param claims claims of a signed-in user
 */
export function audienceOf(
  req: AuthRequest,
  claims?: { readonly role: string; readonly aud: string },
): string {
  const asked = askedAudience(req);
  if (asked !== '') return asked;
  return claims && claims.role !== ADMIN_ROLE && claims.aud !== '' ? claims.aud : DEFAULT_AUDIENCE;
}

/** Header `X-JWT-AUD`, '' without it. */
export function askedAudience(req: AuthRequest): string {
  const header = req.headers['x-jwt-aud'];
  return typeof header === 'string' ? header : '';
}
