import { isObject, parseJson } from '../../../shared/json.ts';
import { textFrame } from './frame.ts';
import { toRef, type ClientMessage, type Serializer } from './messages.ts';

/** Protocol 1.0.0: every message is a JSON object; messages of the server have no `join_ref`. */
export const serializerV1: Serializer = {
  version: 1,
  decode,
  reply: (_joinRef, ref, topic, status, response) =>
    message(ref, topic, 'phx_reply', `{"status":"${status}","response":${response}}`),
  push: (_joinRef, ref, topic, event, payload) => message(ref, topic, event, payload),
  userBroadcast(topic, broadcast, meta) {
    if (!broadcast.isJson) return undefined;
    // Like Realtime: a payload that the sender declared as JSON is forwarded unchecked.
    const metaField = meta === undefined ? '' : `"meta":${meta},`;
    const payload = `{"event":${JSON.stringify(broadcast.event)},${metaField}"payload":${broadcast.data.toString()},"type":"broadcast"}`;
    return message(null, topic, 'broadcast', payload);
  },
  binaryBroadcast: () => undefined,
};

function message(ref: string | number | null, topic: string, event: string, payload: string): Buffer {
  return textFrame(
    `{"ref":${JSON.stringify(ref)},"event":${JSON.stringify(event)},"payload":${payload},"topic":${JSON.stringify(topic)}}`,
  );
}

function decode(data: Buffer, isBinary: boolean): ClientMessage | undefined {
  if (isBinary) return undefined;
  const value = parseJson(data.toString());
  if (!isObject(value) || !('payload' in value) || !('ref' in value)) return undefined;
  const { topic, event, payload } = value;
  if (typeof topic !== 'string' || typeof event !== 'string') return undefined;
  return { joinRef: toRef(value.join_ref), ref: toRef(value.ref), topic, event, payload, bytes: data.length };
}
