import type { LoggedRequest } from '../api.ts';

export interface Answer {
  readonly status: number;
  readonly milliseconds: number;
  readonly type: string;
  /** The beginning of the body. */
  readonly text: string;
  readonly isShortened: boolean;
}

const SHOWN_BYTES = 64 * 1024;

/** Sends a request to this origin, without cookies, and reads the beginning of the answer. @throws where nothing answers */
export async function send(url: string, init: RequestInit): Promise<Answer> {
  const started = performance.now();
  const response = await fetch(url, { ...init, credentials: 'omit', redirect: 'manual', cache: 'no-store' });
  const { text, isShortened } = await readStart(response);
  return {
    status: response.status,
    milliseconds: performance.now() - started,
    type: response.headers.get('content-type') ?? '',
    text,
    isShortened,
  };
}

/** The request again: method, path, credential and body as they were recorded. */
export function replay({ method, url, headers, body }: LoggedRequest): Promise<Answer> {
  return send(url, { method, headers, body: readBody(body) });
}

function readBody(body: LoggedRequest['body']): BodyInit | null {
  if (body === undefined) return null;
  if ('text' in body) return body.text;
  return Uint8Array.from(atob(body.base64), (char) => char.codePointAt(0) ?? 0);
}

/** An answer may never end: events of a function, for example. */
async function readStart(response: Response): Promise<{ text: string; isShortened: boolean }> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const chunk = await reader?.read();
    if (!chunk || chunk.done) return { text: text + decoder.decode(), isShortened: false };
    text += decoder.decode(chunk.value, { stream: true });
    if (text.length < SHOWN_BYTES) continue;
    void reader?.cancel();
    return { text: text.slice(0, SHOWN_BYTES), isShortened: true };
  }
}
