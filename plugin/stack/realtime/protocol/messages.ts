// supabase/realtime v2.129.8 lib/realtime_web/socket/v2_serializer.ex; Phoenix.Socket.V1.JSONSerializer
import type { Frame } from './frame.ts';

/** A message reference, echoed unchanged: official clients send strings, others numbers or null. */
export type Ref = string | number | null;

/** A broadcast whose payload is forwarded as bytes, without parsing. */
export interface UserBroadcast {
  readonly event: string;
  readonly isJson: boolean;
  readonly data: Buffer;
}

export interface ClientMessage {
  readonly joinRef: Ref;
  readonly ref: Ref;
  readonly topic: string;
  readonly event: string;
  /** Size of the message on the wire. */
  readonly bytes: number;
  /** Parsed JSON. Undefined when `broadcast` or `binary` carries the content. */
  readonly payload: unknown;
  /** The payload's JSON exactly as sent, where available: numbers keep all their digits. */
  readonly payloadText?: string;
  /** Content of a binary user broadcast (protocol 2.0.0, frame type 3). */
  readonly broadcast?: UserBroadcast;
  /** Content of a plain binary push (protocol 2.0.0, frame type 0). */
  readonly binary?: Buffer;
}

/** One version of the Phoenix channel protocol on the wire. JSON payloads are passed as text. */
export interface Serializer {
  readonly version: 1 | 2;
  /** Undefined when the data is not a message; Realtime ignores those. */
  decode(data: Buffer, isBinary: boolean): ClientMessage | undefined;
  reply(joinRef: Ref, ref: Ref, topic: string, status: 'ok' | 'error', response: string): Frame;
  push(joinRef: Ref, ref: Ref, topic: string, event: string, payload: string): Frame;
  /** Undefined when this version cannot carry it (a binary payload in 1.0.0, a name of more than 255 bytes). */
  userBroadcast(topic: string, broadcast: UserBroadcast, meta: string | undefined): Frame | undefined;
  /** A broadcast without an event name in binary form. */
  binaryBroadcast(topic: string, event: string, data: Buffer): Frame | undefined;
}

export function toRef(value: unknown): Ref {
  return typeof value === 'string' || typeof value === 'number' ? value : null;
}
