// supabase/realtime v2.129.8 lib/realtime_web/channels/payloads/{join,config,broadcast,presence,flexible_boolean}.ex
import { randomUUID } from 'node:crypto';
import { isObject, type JsonObject } from '../../../shared/json.ts';
import type { ChannelConfig } from '../connection/channel.ts';

/** The payload of `phx_join`. */
export interface JoinConfig extends ChannelConfig {
  /** The client wants a system message once broadcasts from the database arrive. */
  readonly replicationReady: boolean;
  /** `config.broadcast.replay`, unchecked; undefined when absent. */
  readonly replay: unknown;
  /** Bindings of `postgres_changes` as the client sent them. */
  readonly postgresChanges: readonly Readonly<JsonObject>[];
  /** The channel's token; undefined to use the socket's. */
  readonly accessToken: string | undefined;
}

/** `config.broadcast` is not an object. The message is the one that Realtime sends. */
export class JoinPayloadError extends Error {
  override readonly name = 'JoinPayloadError';
}

/**
 * Reads the payload of a join as leniently as Realtime: a value of the wrong type counts as absent.
 *
 * @param name the topic without `realtime:`
 * @throws JoinPayloadError
 */
export function readJoinConfig(payload: unknown, name: string): JoinConfig {
  const params = isObject(payload) ? payload : {};
  const config = isObject(params.config) ? params.config : {};
  const broadcast = config.broadcast ?? {};
  if (!isObject(broadcast)) {
    const text =
      'the Access module supports only keyword lists (with atom keys), got: "replication_ready"\n\nIf you want to search lists of tuples, use List.keyfind/3';
    throw new JoinPayloadError(`UnknownErrorOnChannel: ${text}`);
  }
  const presence = isObject(config.presence) ? config.presence : {};
  const isOldApi = !('config' in params);
  return {
    isPrivate: readBoolean(config.private),
    self: readBoolean(broadcast.self),
    ack: readBoolean(broadcast.ack),
    replicationReady: readBoolean(broadcast.replication_ready),
    replay: broadcast.replay,
    presenceEnabled: readBoolean(presence.enabled),
    presenceKey: readPresenceKey(presence.key),
    postgresChanges: isOldApi ? [bindingOfTopic(name)] : readBindings(config.postgres_changes),
    isOldApi,
    accessToken: readToken(params),
  };
}

/** `true`, `"true"`, `"True"`…; anything else is false. */
function readBoolean(value: unknown): boolean {
  return value === true || (typeof value === 'string' && value.toLowerCase() === 'true');
}

function readPresenceKey(key: unknown): string {
  if (key === undefined || key === null || key === '') return randomUUID();
  return typeof key === 'string' ? key : JSON.stringify(key);
}

function readBindings(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** `schema`, `schema:table` or `schema:table:filter`. */
function bindingOfTopic(name: string): JsonObject {
  const [schema, table, ...filter] = name.split(':');
  return {
    schema,
    ...(table !== undefined && { table }),
    ...(filter.length > 0 && { filter: filter.join(':') }),
  };
}

/** `user_token` is the field of old clients; an opaque key (`sb_…`) means the socket's token. */
function readToken(params: Readonly<JsonObject>): string | undefined {
  const { access_token: accessToken, user_token: userToken } = params;
  const first = accessToken || userToken;
  if (typeof first === 'string' && first.startsWith('sb_')) return undefined;
  return [userToken, accessToken].find((token) => typeof token === 'string');
}
