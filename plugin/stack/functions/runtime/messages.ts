import { Deno } from './deno-namespace.ts';

/** Messages for Node: lines of standard output that begin with a mark which the function does not know. */
export interface Messages {
  send(message: Readonly<Record<string, unknown>>): void;
}

export function openMessages(mark: string): Messages {
  const encoder = new TextEncoder();
  return {
    send(message) {
      let bytes = encoder.encode(`${mark}${JSON.stringify(message)}\n`);
      while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
    },
  };
}
