import { readFile } from 'node:fs/promises';

/** One line of a recorded scenario. */
export interface RecordedEvent {
  readonly t: number;
  readonly client?: string;
  readonly open?: string;
  readonly closed?: { readonly code: number };
  readonly dir?: '->' | '<-';
  readonly frame?: unknown;
  readonly raw?: string | { readonly hex: string };
  readonly binary_hex?: string;
  readonly decoded?: Readonly<Record<string, unknown>>;
  readonly sql?: string;
  readonly params?: readonly unknown[];
}

export interface Scenario {
  readonly name: string;
  readonly description: string;
  readonly vsn: string;
  readonly events: readonly RecordedEvent[];
  /** All changes that reached each filter, by filter. */
  readonly summary?: Readonly<Record<string, readonly string[]>>;
}

export async function readRecording<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(new URL(`../../fixtures/realtime/${file}`, import.meta.url), 'utf8')) as T;
}

/** Decodes a binary frame of the server as the recordings describe it. */
export function decodeBinary(data: Buffer): Record<string, unknown> {
  const text = (start: number, length: number): string => data.toString('utf8', start, start + length);
  const [kind, a = 0, b = 0, c = 0] = data;
  if (kind === 2) {
    return {
      kind: '2 broadcast',
      topic: text(3, a),
      event: text(3 + a, b),
      payload: data.subarray(3 + a + b).toString('hex'),
    };
  }
  const isJson = data[4] === 1;
  const rest = data.subarray(5 + a + b + c);
  return {
    kind: '4 user_broadcast',
    topic: text(5, a),
    user_event: text(5 + a, b),
    metadata: text(5 + a + b, c),
    payload_encoding: isJson ? 'json(1)' : 'binary(0)',
    payload: isJson ? parseOrDescribe(rest.toString()) : rest.toString('hex'),
  };
}

function parseOrDescribe(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return `NOT JSON: ${text}`;
  }
}

/** Long strings are cut in the recordings: "xxxx…(2900000 chars)". */
export function expandText(value: string): string {
  const cut = /^(.)\1*…\((\d+) chars\)$/.exec(value);
  return cut?.[1] === undefined ? value : cut[1].repeat(Number(cut[2]));
}

export function cutText(value: string): string {
  return value.length > 2000 ? `${value.slice(0, 60)}…(${value.length} chars)` : value;
}
