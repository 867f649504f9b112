/** An HTTP answer, ready to be sent. */
export interface HttpAnswer {
  readonly status: number;
  /** Reason phrase; undefined for the usual one. */
  readonly statusText?: string | undefined;
  readonly headers: readonly Header[];
  readonly body: string | Buffer;
}

export type Header = readonly [name: string, value: string];

/** Adds headers unless ones of the same name are there already, which were set on purpose. */
export function addMissingHeaders(added: readonly Header[], present: readonly Header[]): Header[] {
  const names = new Set(present.map(([name]) => name.toLowerCase()));
  return [...added.filter(([name]) => !names.has(name.toLowerCase())), ...present];
}
