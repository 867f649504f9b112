// supabase/realtime v2.129.8 lib/realtime_web/controllers/{broadcast_controller,broadcast_single_controller}.ex,
// lib/realtime/tenants/{batch_broadcast,single_broadcast}.ex
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isObject } from '../../../shared/json.ts';
import type { Realtime } from '../server.ts';
import { PolicyError } from '../access/policies.ts';
import type { ChannelClaims } from '../access/tokens.ts';
import { authenticate } from './authenticate.ts';
import { contentType, parseForm, parseJsonBody, readBody } from './body.ts';
import { readMessages, type BatchMessage } from './messages.ts';
import { HttpError, sendJson, sendText } from './respond.ts';

/** `POST /api/broadcast`: `{messages: [{topic, event, payload, private}]}`; topics without `realtime:`. */
export async function broadcastBatch(
  realtime: Realtime,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const body = await readBody(req);
  const params = parseParams(req, body);
  const claims = await authenticate(req, realtime.jwt);
  const parsed = readMessages(params, realtime.settings.maxPayloadBytes);
  if ('errors' in parsed) {
    sendJson(res, 422, parsed);
    return;
  }
  checkRate(realtime, parsed.messages.length);
  const writable = await findWritableTopics(realtime, req, claims, parsed.messages);
  for (const { topic, event, payload, isPrivate } of parsed.messages) {
    // Like Realtime: a message that the sender may not write is dropped silently.
    if (isPrivate && !writable.has(topic)) continue;
    realtime.events.add(1);
    realtime.hub.broadcast(
      { name: topic, isPrivate },
      { kind: 'json', payload: { event, payload, type: 'broadcast' } },
    );
  }
  sendText(res, 202, '');
}

/** `POST /api/broadcast/:topic/events/:event`: the body is the payload, JSON or bytes. */
export async function broadcastSingle(
  realtime: Realtime,
  req: IncomingMessage,
  res: ServerResponse,
  { topic, event, isPrivate }: { topic: string; event: string; isPrivate: boolean },
): Promise<void> {
  const type = contentType(req);
  if (type !== undefined && type !== 'application/json' && type !== 'application/octet-stream') {
    const error = 'Unsupported Media Type. Use application/json or application/octet-stream';
    throw new HttpError(415, { error });
  }
  const body = await readBody(req);
  const isJson = type !== 'application/octet-stream';
  const data = isJson ? readJsonPayload(body) : body;
  const claims = await authenticate(req, realtime.jwt);
  if (data.length > realtime.settings.maxPayloadBytes) {
    throw new HttpError(422, { errors: { payload: ['Payload size exceeds tenant limit'] } });
  }
  checkRate(realtime, 1);
  if (isPrivate && !(await mayWrite(realtime, req, claims, topic))) {
    throw new HttpError(403, { message: 'Unauthorized' });
  }
  realtime.events.add(1);
  realtime.hub.broadcast({ name: topic, isPrivate }, { kind: 'user', broadcast: { event, isJson, data } });
  sendText(res, 202, '');
}

function parseParams(req: IncomingMessage, body: Buffer): unknown {
  switch (contentType(req)) {
    case undefined:
    case 'application/json':
      return body.length === 0 ? {} : parseJsonBody(body);
    case 'application/x-www-form-urlencoded':
      return parseForm(body);
    default:
      return {};
  }
}

/** Wraps an array or scalar as `{_json: …}`, like Phoenix; an empty body is an empty object. */
function readJsonPayload(body: Buffer): Buffer {
  if (body.length === 0) return Buffer.from('{}');
  const value = parseJsonBody(body);
  return isObject(value) ? body : Buffer.from(`{"_json":${body.toString()}}`);
}

function checkRate({ events, settings }: Realtime, count: number): void {
  const rate = events.average();
  if (rate > settings.maxEventsPerSecond)
    throw new HttpError(429, { message: 'You have exceeded your rate limit' });
  if (rate + count > settings.maxEventsPerSecond) {
    throw new HttpError(429, {
      message: 'Too many messages to broadcast, please reduce the batch size',
    });
  }
}

async function findWritableTopics(
  realtime: Realtime,
  req: IncomingMessage,
  claims: ChannelClaims,
  messages: readonly BatchMessage[],
): Promise<ReadonlySet<string>> {
  const topics = [...new Set(messages.filter(({ isPrivate }) => isPrivate).map(({ topic }) => topic))];
  const answers = await Promise.all(topics.map((topic) => mayWrite(realtime, req, claims, topic)));
  return new Set(topics.filter((_, i) => answers[i]));
}

async function mayWrite(
  { policies }: Realtime,
  req: IncomingMessage,
  claims: ChannelClaims,
  topic: string,
): Promise<boolean> {
  const names = Object.keys(req.headers).filter((name) => typeof req.headers[name] === 'string');
  const headers = Object.fromEntries(names.map((name) => [name, String(req.headers[name])]));
  try {
    return (await policies.write({ topic, claims, headers })).broadcast;
  } catch (error) {
    if (error instanceof PolicyError) return false;
    throw error;
  }
}
