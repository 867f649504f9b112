import { decodeJwt } from './jwt.ts';

/** Whether a value is a secret API key: an opaque one, or a JWT of role service_role, which may have padding. */
export function isSecretKey(value: string): boolean {
  return (
    value.startsWith('sb_secret_') || decodeJwt(value.replaceAll('=', ''))?.claims.role === 'service_role'
  );
}
