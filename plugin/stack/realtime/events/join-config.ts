import { randomUUID } from 'node:crypto';
import { isObject } from '../protocol/messages.ts';

/** What a client asks for with `phx_join`. */
export interface JoinConfig {
  readonly isPrivate: boolean;
  /** A client receives its own broadcasts. */
  readonly self: boolean;
  /** Each broadcast is acknowledged. */
  readonly ack: boolean;
  /** Ask to be told when broadcasts from the database arrive. */
  readonly replicationReady: boolean;
  /** `config.broadcast.replay`, unchecked; undefined when absent. */
  readonly replay: unknown;
  readonly presenceEnabled: boolean;
  readonly presenceKey: string;
  /** Bindings of `postgres_changes` as the client sent them. */
  readonly postgresChanges: readonly Readonly<Record<string, unknown>>[];
  /** No `config` at all: the topic itself names what to subscribe to, and changes arrive bare. */
  readonly isOldApi: boolean;
  /** Token for this channel; undefined for the one of the socket. */
  readonly accessToken: string | undefined;
}

/** Text of the error that Supabase Realtime answers to a `config.broadcast` that is no object. */
export class JoinPayloadError extends Error {
  override readonly name = 'JoinPayloadError';
}

/**
 * Reads the payload of a join as leniently as Supabase Realtime: what has the wrong type counts as absent.
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

function readBindings(value: unknown): Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** `schema`, `schema:table` or `schema:table:filter`. */
function bindingOfTopic(name: string): Readonly<Record<string, unknown>> {
  const [schema, table, ...filter] = name.split(':');
  return {
    schema,
    ...(table !== undefined && { table }),
    ...(filter.length > 0 && { filter: filter.join(':') }),
  };
}

/** `user_token` is the name that old clients use; opaque keys stand for the token of the socket. */
function readToken(params: Readonly<Record<string, unknown>>): string | undefined {
  const { access_token: accessToken, user_token: userToken } = params;
  const first = accessToken || userToken;
  if (typeof first === 'string' && first.startsWith('sb_')) return undefined;
  return [userToken, accessToken].find((token) => typeof token === 'string');
}
