import { parseJson } from '../../../shared/json.ts';
import { binaryFrame, textFrame } from './frame.ts';
import { toRef, type ClientMessage, type Ref, type Serializer } from './messages.ts';

// First byte of a binary frame: its kind.
const PUSH = 0;
const BROADCAST = 2;
const USER_BROADCAST_PUSH = 3;
const USER_BROADCAST = 4;

const JSON_ENCODING = 1;
const MAX_NAME_BYTES = 255;

/** Protocol 2.0.0: `[join_ref, ref, topic, event, payload]`, and binary frames for broadcasts both ways. */
export const serializerV2: Serializer = {
  version: 2,
  decode: (data, isBinary) => (isBinary ? decodeBinary(data) : decodeText(data)),
  reply: (joinRef, ref, topic, status, response) =>
    message(joinRef, ref, topic, 'phx_reply', `{"status":"${status}","response":${response}}`),
  push: message,
  userBroadcast(topic, broadcast, meta) {
    const names = [topic, broadcast.event, meta ?? ''].map((name) => Buffer.from(name));
    if (names.some((name) => name.length > MAX_NAME_BYTES)) return undefined;
    const header = [
      USER_BROADCAST,
      ...names.map((name) => name.length),
      broadcast.isJson ? JSON_ENCODING : 0,
    ];
    return binaryFrame([Uint8Array.from(header), ...names, broadcast.data]);
  },
  binaryBroadcast(topic, event, data) {
    const names = [Buffer.from(topic), Buffer.from(event)];
    if (names.some((name) => name.length > MAX_NAME_BYTES)) return undefined;
    return binaryFrame([Uint8Array.from([BROADCAST, ...names.map((name) => name.length)]), ...names, data]);
  },
};

function message(joinRef: Ref, ref: Ref, topic: string, event: string, payload: string): Buffer {
  return textFrame(
    `[${JSON.stringify(joinRef)},${JSON.stringify(ref)},${JSON.stringify(topic)},${JSON.stringify(event)},${payload}]`,
  );
}

function decodeText(data: Buffer): ClientMessage | undefined {
  const text = data.toString();
  const value = parseJson(text);
  if (!Array.isArray(value) || value.length < 5) return undefined;
  const [joinRef, ref, topic, event, payload] = value as unknown[];
  if (typeof topic !== 'string' || typeof event !== 'string') return undefined;
  const payloadText = value.length === 5 ? lastElement(text) : undefined;
  return { joinRef: toRef(joinRef), ref: toRef(ref), topic, event, payload, payloadText, bytes: data.length };
}

/** The JSON text of the fifth and last element of `text`, a valid JSON array of five elements. */
function lastElement(text: string): string {
  let depth = 0;
  let commas = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '"') {
      do i += text[i] === '\\' ? 2 : 1;
      while (text[i] !== '"');
    } else if (char === '[' || char === '{') {
      depth++;
    } else if (char === ']' || char === '}') {
      depth--;
    } else if (char === ',' && depth === 1 && ++commas === 4) {
      return text.slice(i + 1, text.lastIndexOf(']'));
    }
  }
  return text;
}

function decodeBinary(data: Buffer): ClientMessage | undefined {
  if (data[0] === USER_BROADCAST_PUSH) {
    // Byte 6 is the payload's encoding; the client's metadata is dropped, as in Realtime.
    const parts = readNames(data, 5, 7);
    if (!parts) return undefined;
    const [joinRef = '', ref = '', topic = '', event = ''] = parts.names;
    const broadcast = { event, isJson: data[6] === JSON_ENCODING, data: parts.rest };
    return { joinRef, ref, topic, event: 'broadcast', payload: undefined, broadcast, bytes: data.length };
  }
  if (data[0] === PUSH) {
    const parts = readNames(data, 4, 5);
    if (!parts) return undefined;
    const [joinRef = '', ref = '', topic = '', event = ''] = parts.names;
    return { joinRef, ref, topic, event, payload: undefined, binary: parts.rest, bytes: data.length };
  }
  return undefined;
}

/** A binary broadcast of this server: topic, event and content. */
export function readBroadcast(
  data: Buffer,
): Pick<ClientMessage, 'topic' | 'event' | 'broadcast'> | undefined {
  const isOfUser = data[0] === USER_BROADCAST;
  const parts = isOfUser ? readNames(data, 3, 5) : readNames(data, 2, 3);
  if (!parts) return undefined;
  const [topic = '', event = ''] = parts.names;
  const isJson = isOfUser && data[4] === JSON_ENCODING;
  return { topic, event: 'broadcast', broadcast: { event, isJson, data: parts.rest } };
}

/** Reads `count` one-byte lengths from byte 1, the names themselves from byte `start`, then the rest. */
function readNames(
  data: Buffer,
  count: number,
  start: number,
): { names: string[]; rest: Buffer } | undefined {
  if (data.length < start) return undefined;
  const names: string[] = [];
  let offset = start;
  for (let i = 1; i <= count; i++) {
    const end = offset + (data[i] ?? 0);
    if (end > data.length) return undefined;
    names.push(data.toString('utf8', offset, end));
    offset = end;
  }
  return { names, rest: data.subarray(offset) };
}
