import type { Frame } from './frame.ts';

/** References are echoed as they came: strings from official clients, numbers and null from others. */
export type Ref = string | number | null;

/** A broadcast whose payload is passed on as bytes, never looked at. */
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
  /** The payload as it was sent, where that is known: numbers keep all their digits. */
  readonly payloadText?: string;
  /** Content of a binary user broadcast (protocol 2.0.0, frame type 3). */
  readonly broadcast?: UserBroadcast;
  /** Content of a plain binary push (protocol 2.0.0, frame type 0). */
  readonly binary?: Buffer;
}

/** One version of the Phoenix channel protocol on the wire. JSON payloads are given as text. */
export interface Serializer {
  readonly version: 1 | 2;
  /** Undefined for what is no message; Supabase Realtime ignores it. */
  decode(data: Buffer, isBinary: boolean): ClientMessage | undefined;
  reply(joinRef: Ref, ref: Ref, topic: string, status: 'ok' | 'error', response: string): Frame;
  push(joinRef: Ref, ref: Ref, topic: string, event: string, payload: string): Frame;
  /** Undefined when this version cannot carry it (a binary payload in 1.0.0, a name of more than 255 bytes). */
  userBroadcast(topic: string, broadcast: UserBroadcast, meta: string | undefined): Frame | undefined;
  /** A broadcast without an event name in binary form. */
  binaryBroadcast(topic: string, event: string, data: Buffer): Frame | undefined;
}

/** A JSON object, as opposed to an array or a scalar. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function toRef(value: unknown): Ref {
  return typeof value === 'string' || typeof value === 'number' ? value : null;
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
