/** An HTTP response, ready to be sent. */
export interface HttpResponse {
  readonly status: number;
  /** Reason phrase; undefined for the standard one. */
  readonly statusText?: string | undefined;
  readonly headers: readonly Header[];
  readonly body: string | Buffer;
}

export type Header = readonly [name: string, value: string];

/** Adds headers, except those whose name is already present: these were set on purpose. */
export function addMissingHeaders(added: readonly Header[], present: readonly Header[]): Header[] {
  const names = new Set(present.map(([name]) => name.toLowerCase()));
  return [...added.filter(([name]) => !names.has(name.toLowerCase())), ...present];
}
