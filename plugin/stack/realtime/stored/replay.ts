// supabase/realtime v2.129.8 lib/realtime/messages.ex, lib/realtime_web/channels/payloads/broadcast/replay.ex
import type pg from 'pg';
import { isObject } from '../../../shared/json.ts';
import { repeatWhenLost } from '../../postgres/connection-loss.ts';
import type { Frame } from '../protocol/frame.ts';
import type { Ref, Serializer } from '../protocol/messages.ts';

const MAX_MESSAGES = 25;
// The last time that a Date can represent.
const MAX_TIME_MS = 8.64e15;

export interface ReplayRequest {
  /** Milliseconds since 1970. */
  readonly since: number;
  /** 1 to 25. */
  readonly limit: number;
}

/** An impossible replay. The message is the one that Realtime sends. */
export class ReplayError extends Error {
  override readonly name = 'ReplayError';
}

/**
 * Reads `config.broadcast.replay`: `{since, limit}`. Undefined when the client asks for no replay.
 *
 * @throws ReplayError on a public channel, or for values of other types
 */
export function readReplayRequest({
  replay,
  isPrivate,
}: {
  readonly replay: unknown;
  readonly isPrivate: boolean;
}): ReplayRequest | undefined {
  if (replay === undefined) return undefined;
  if (!isPrivate) throw new ReplayError('Replay is not allowed for public channels');
  if (!isObject(replay)) return undefined;
  const { since, limit = MAX_MESSAGES } = replay;
  if (!Number.isInteger(since) || !Number.isInteger(limit) || Math.abs(Number(since)) > MAX_TIME_MS) {
    throw new ReplayError('Replay params are not valid');
  }
  return { since: Number(since), limit: Math.max(1, Math.min(Number(limit), MAX_MESSAGES)) };
}

/** A stored broadcast, for a channel that missed it. */
export interface ReplayedMessage {
  readonly id: string;
  readonly event: string | null;
  /** As JSON text. */
  readonly payload: string | null;
  readonly binary_payload: Buffer | null;
}

/** Reads private broadcasts stored in `realtime.messages`. */
export class Replay {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /**
   * The newest messages of a private topic since a time, oldest first.
   *
   * @throws ReplayError
   */
  async read(topic: string, request: ReplayRequest): Promise<readonly ReplayedMessage[]> {
    const query = {
      name: 'replay',
      text: `select id, event, payload::text as payload, binary_payload from realtime.messages
        where topic = $1 and private and extension = 'broadcast'
          and inserted_at >= $2::timestamptz at time zone 'utc' and inserted_at < now() at time zone 'utc' + interval '1 minute'
        order by inserted_at desc limit $3`,
      values: [topic, new Date(request.since).toISOString(), request.limit],
    };
    const ask = (): Promise<{ rows: ReplayedMessage[] }> => this.#pool.query(query);
    const { rows } = await repeatWhenLost(ask).catch((error: unknown) => {
      throw new ReplayError('Realtime was unable to replay messages', { cause: error });
    });
    return rows.toReversed();
  }
}

/** The frame of a replayed message; undefined when the client's protocol version cannot carry it. */
export function encodeReplayed(
  row: ReplayedMessage,
  serializer: Serializer,
  joinRef: Ref,
  topicName: string,
): Frame | undefined {
  const meta = `{"replayed":true,"id":"${row.id}"}`;
  if (row.binary_payload) {
    const broadcast = { event: row.event ?? '', isJson: false, data: row.binary_payload };
    return serializer.userBroadcast(topicName, broadcast, meta);
  }
  const event = JSON.stringify(row.event);
  const payload = `{"event":${event},"meta":${meta},"payload":${row.payload ?? 'null'},"type":"broadcast"}`;
  return serializer.push(joinRef, null, topicName, 'broadcast', payload);
}
