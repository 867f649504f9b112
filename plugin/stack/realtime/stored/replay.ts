import type pg from 'pg';
import type { Channel } from '../connection/channel.ts';
import type { JoinConfig } from '../events/join-config.ts';
import { isObject } from '../protocol/messages.ts';
import type { Frame } from '../protocol/frame.ts';

const MAX_MESSAGES = 25;
// 8.64e15 ms is the last instant that a date can name.
const MAX_TIME_MS = 8.64e15;

export interface ReplayRequest {
  /** Milliseconds since 1970. */
  readonly since: number;
  /** 1 to 25. */
  readonly limit: number;
}

/** A replay that cannot be; the message is the original's. */
export class ReplayError extends Error {
  override readonly name = 'ReplayError';
}

/**
 * Reads `config.broadcast.replay`: `{since, limit}`.
 *
 * @throws ReplayError on a public channel, or for values of other types
 */
export function readReplayRequest(config: JoinConfig): ReplayRequest | undefined {
  if (config.replay === undefined) return undefined;
  if (!config.isPrivate) throw new ReplayError('Replay is not allowed for public channels');
  if (!isObject(config.replay)) return undefined;
  const { since, limit = MAX_MESSAGES } = config.replay;
  if (!Number.isInteger(since) || !Number.isInteger(limit) || Math.abs(Number(since)) > MAX_TIME_MS) {
    throw new ReplayError('Replay params are not valid');
  }
  return { since: Number(since), limit: Math.max(1, Math.min(Number(limit), MAX_MESSAGES)) };
}

/** A stored broadcast, for a channel that asked for what it missed. */
export interface ReplayedMessage {
  readonly id: string;
  readonly event: string | null;
  /** As JSON text. */
  readonly payload: string | null;
  readonly binary_payload: Buffer | null;
}

/** Reads private broadcasts that are kept in `realtime.messages`. */
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
    const { rows } = await this.#pool.query<ReplayedMessage>(query).catch((error: unknown) => {
      throw new ReplayError('Realtime was unable to replay messages', { cause: error });
    });
    return rows.toReversed();
  }
}

/** Undefined when the protocol of the channel cannot carry it. */
export function encodeReplayed(
  row: ReplayedMessage,
  { joinRef, socket, topicName }: Channel,
): Frame | undefined {
  const meta = `{"replayed":true,"id":"${row.id}"}`;
  if (row.binary_payload) {
    const broadcast = { event: row.event ?? '', isJson: false, data: row.binary_payload };
    return socket.serializer.userBroadcast(topicName, broadcast, meta);
  }
  const event = JSON.stringify(row.event);
  const payload = `{"event":${event},"meta":${meta},"payload":${row.payload ?? 'null'},"type":"broadcast"}`;
  return socket.serializer.push(joinRef, null, topicName, 'broadcast', payload);
}
