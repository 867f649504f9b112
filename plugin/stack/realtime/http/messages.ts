// supabase/realtime v2.129.8 lib/realtime/tenants/batch_broadcast.ex, lib/realtime_web/views/changeset_view.ex
import { isObject, type JsonObject } from '../../../shared/json.ts';

export interface BatchMessage {
  readonly topic: string;
  readonly event: string;
  readonly payload: Readonly<JsonObject>;
  readonly isPrivate: boolean;
}

type FieldErrors = Record<string, string[]>;

/** Validates the body of a batch. Errors are in Ecto's format: one entry per message, `{}` for a valid one. */
export function readMessages(
  params: unknown,
  maxPayloadBytes: number,
): { messages: BatchMessage[] } | { errors: { messages: string[] | FieldErrors[] } } {
  const list = isObject(params) ? listOf(params.messages) : [];
  if (list === undefined) return { errors: { messages: ['is invalid'] } };
  if (list.length === 0) return { errors: { messages: ["can't be blank"] } };
  const results = list.map((item) => readMessage(item, maxPayloadBytes));
  const messages = results.flatMap((result) => ('message' in result ? [result.message] : []));
  if (messages.length === results.length) return { messages };
  const errors = results.map((result) => ('message' in result ? {} : result.errors));
  return { errors: { messages: errors } };
}

/** An array, or an object with numeric keys (from a form). */
function listOf(value: unknown): unknown[] | undefined {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  if (isObject(value) && Object.keys(value).every((key) => /^\d+$/.test(key))) return Object.values(value);
  return undefined;
}

function readMessage(
  item: unknown,
  maxPayloadBytes: number,
): { message: BatchMessage } | { errors: FieldErrors } {
  const fields = isObject(item) ? item : {};
  const errors: FieldErrors = {};
  const readText = (name: 'topic' | 'event'): string => {
    const value = fields[name];
    if (typeof value === 'string' && value.trim() !== '') return value;
    errors[name] = [isBlank(value) ? "can't be blank" : 'is invalid'];
    return '';
  };
  const event = readText('event');
  const { payload } = fields;
  if (isBlank(payload)) errors.payload = ["can't be blank"];
  else if (!isObject(payload)) errors.payload = ['is invalid'];
  else if (Buffer.byteLength(JSON.stringify(payload)) > maxPayloadBytes)
    errors.payload = ['Payload size exceeds tenant limit'];
  const isPrivate = readBoolean(fields.private);
  if (isPrivate === undefined) errors.private = ['is invalid'];
  const topic = readText('topic');
  if (Object.keys(errors).length > 0 || !isObject(payload)) return { errors };
  return { message: { topic, event, payload, isPrivate: isPrivate === true } };
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}

/** Casts to a boolean like Ecto; undefined for an invalid value. */
function readBoolean(value: unknown): boolean | undefined {
  if (value === undefined || value === null) return false;
  if (value === true || value === 'true' || value === '1' || value === 1) return true;
  return value === false || value === 'false' || value === '0' || value === 0 ? false : undefined;
}
