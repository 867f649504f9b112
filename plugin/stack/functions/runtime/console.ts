import { format } from 'node:util';
import { Deno } from './deno-namespace.ts';
import type { Messages } from './messages.ts';
import { currentRequest } from './serve.ts';

const LEVELS = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const;

/** Sends what a function prints to Node, with its level and the request during which it was printed. */
export function installConsole(messages: Messages): void {
  for (const level of LEVELS) {
    console[level] = (...values: unknown[]) => {
      const request = currentRequest();
      messages.send({
        type: 'console',
        level,
        request: request && `${request.method} ${new URL(request.url).pathname}`,
        text: formatValues(values),
      });
    };
  }
}

/** As Deno prints them: an object by `Deno.inspect`, which knows more types than Node's format. */
function formatValues([first, ...rest]: unknown[]): string {
  if (typeof first === 'string' && first.includes('%')) return format(first, ...rest);
  return [first, ...rest].map((value) => (typeof value === 'string' ? value : Deno.inspect(value))).join(' ');
}
