import { VISITOR_ROLES } from '../../shared/allowed-roles.ts';
import { gatewayError } from '../errors.ts';
import type { GatewayRefusal } from '../refusal.ts';
import type { GatewayKeys } from '../target.ts';
import { decodeClaims } from './access-token.ts';
import type { GatewayCaller } from './caller.ts';

const ALLOWED = new Set(VISITOR_ROLES.split(','));

/** Whether callers that may not be admin may use a token of this role. */
export function isVisitorRole(role: string | undefined): boolean {
  return role !== undefined && ALLOWED.has(role);
}

/**
 * Why a caller may not present this credential: an opaque key or a JWT, without "Bearer" and percent-encoding.
 *
 * Callers that may be admin present what they like; only a secret key is never for a browser. All others may present
 * publishable keys and JWTs of the roles in a list. What cannot be read is refused, so that no service behind the gateway
 * reads another role into it.
 */
export function refuseCredential(
  credential: string | undefined,
  caller: GatewayCaller,
  keys: GatewayKeys,
): GatewayRefusal | undefined {
  if (credential === undefined || credential === '') return undefined;
  const isSecretKey = credential === keys.secretKey || credential.startsWith('sb_secret_');
  if (caller.mayBeAdmin) return isSecretKey && caller.isBrowser ? SECRET_IN_BROWSER : undefined;
  if (isPublishableKey(credential, keys) || isVisitorRole(decodeClaims(credential)?.role)) return undefined;
  if (isSecretKey) return caller.isLocal ? SECRET_IN_BROWSER : gatewayError('SECRET_FROM_NETWORK');
  const role = decodeClaims(credential)?.role;
  if (role === undefined) return gatewayError('CREDENTIAL_UNREADABLE');
  if (caller.isLocal) return SECRET_IN_BROWSER;
  const message = `A token of role "${role.slice(0, 64)}" is accepted from this machine only`;
  return gatewayError('SECRET_FROM_NETWORK', { message });
}

/** Keys that every visitor has. One that is unknown here reaches the services, where it stands for no role. */
function isPublishableKey(credential: string, keys: GatewayKeys): boolean {
  if (credential === keys.publishableKey || credential === keys.anonKey) return true;
  return /^sb_publishable_[\w-]*$/.test(credential);
}

// Byte for byte what hosted Supabase's API gateway sends.
const SECRET_IN_BROWSER: GatewayRefusal = {
  status: 401,
  body: {
    message: 'Forbidden use of secret API key in browser',
    hint: 'Secret API keys can only be used in a protected environment and should never be used in a browser. Delete this secret API key immediately.',
  },
};
