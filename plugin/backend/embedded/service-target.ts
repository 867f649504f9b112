import type { GatewayTarget, HandlerUpstream } from '../../gateway/target.ts';
import { publicJwk } from '../../stack/jwt.ts';
import type { Keys } from '../../stack/keys.ts';
import { areKeysPublic } from '../../stack/private-keys.ts';
import type { Service, ServiceName } from '../../stack/service.ts';
import { knowsSession } from '../session-check.ts';

/** Calls a service, at once or when it is open. */
export type UseService = (name: ServiceName, call: (service: Service) => void) => unknown;

/**
 * The target of a gateway in front of services in this process.
 *
 * @param apiUrl origin of the stack's own gateway
 */
export function createTarget(
  keys: Keys,
  names: readonly ServiceName[],
  use: UseService,
  apiUrl: string,
): GatewayTarget {
  const createUpstream = (name: ServiceName): HandlerUpstream => ({
    kind: 'handler',
    handle: (req, res) => use(name, (service) => service.handle(req, res)),
    upgrade: (req, socket, head) => use(name, (service) => service.upgrade?.(req, socket, head)),
  });
  return {
    keys: { ...keys, jwks: keys.signingKeys.map(publicJwk) },
    upstreams: Object.fromEntries(names.map((name) => [name, createUpstream(name)])),
    knowsSession: (token) => knowsSession(apiUrl, keys.anonKey, token),
    localOnly: areKeysPublic(keys)
      ? { hint: 'Start Vite with --host (or set server.host): then the stack has random keys.' }
      : undefined,
  };
}
