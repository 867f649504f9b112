import { parseJson } from '../../../shared/json.ts';
import type { RealtimeState } from '../../../shared/observations.ts';
import type { ClientSocket } from './socket.ts';

/** Who is connected to which channels, and subscribed to what: for people. */
export function describeSockets(sockets: Iterable<ClientSocket>): RealtimeState {
  return {
    sockets: [...sockets].map(({ serializer, channels }) => ({
      protocol: `${serializer.version}.0.0`,
      channels: [...channels.values()].map((channel) => ({
        topic: channel.name,
        isPrivate: channel.config.isPrivate,
        caller: { role: channel.claims.role, claims: { ...channel.claims } },
        expiresAt: channel.claims.exp,
        presences: Object.keys(parseJson(channel.topic?.presence.state() ?? '{}') ?? {}).length,
        subscriptions: channel.bindings.map(({ params, request }) => ({
          event: 'error' in request ? String(params.event) : request.event,
          schema: 'error' in request ? String(params.schema) : request.schema,
          table: 'error' in request ? String(params.table) : request.table,
          filter: typeof params.filter === 'string' ? params.filter : undefined,
          error: 'error' in request ? request.error : undefined,
        })),
      })),
    })),
  };
}
