import { gatewayError } from '../errors.ts';
import type { GatewayRefusal } from '../refusal.ts';
import type { GatewayRoute } from '../routes.ts';
import type { GatewayTarget } from '../target.ts';
import type { GatewayCaller, GatewayRequest } from './caller.ts';
import { isLoopbackAddress } from './hosts.ts';

/**
 * Whether the caller of this route may be admin.
 *
 * A privileged page that people reach by links and redirects is open to everybody on this machine who navigates to it: the
 * page that sent them there cannot read it. What the page itself then sends comes from the own origin.
 */
export function mayOpen(route: GatewayRoute, req: GatewayRequest, caller: GatewayCaller): boolean {
  if (route.privileged === 'program') return caller.mayBeAdmin && caller.origin === 'none';
  return caller.mayBeAdmin || (route.privileged === 'page' && caller.isLocal && isNavigation(req));
}

/** A browser loads the page into a tab of its own, and not into a frame. */
function isNavigation({ method, headers }: GatewayRequest): boolean {
  return (
    method === 'GET' && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
  );
}

/** Refuses other machines where everybody knows the keys, with which they could sign any user's token. */
export function refuseOtherMachine(
  { localOnly }: GatewayTarget,
  { address, isLocal }: GatewayCaller,
): GatewayRefusal | undefined {
  if (!localOnly || isLocal || isLoopbackAddress(address)) return undefined;
  return gatewayError('KEYS_ARE_PUBLIC', { hint: localOnly.hint });
}
