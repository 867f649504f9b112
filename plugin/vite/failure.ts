import { inspect, styleText } from 'node:util';
import type { ErrorPayload, ViteDevServer } from 'vite';
import { errorMessage, SupabaseDevError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import { PLUGIN_NAME } from './plugin-context.ts';

/** Prints what went wrong, where, and what to do. */
export function logFailure(logger: Logger, error: unknown): void {
  logger.error(formatFailure(error));
}

/** Shows a failure over the open pages, until they are reloaded, which watch.ts does once the cause is corrected. */
export function showOverlay(server: ViteDevServer, error: unknown): void {
  server.environments.client.hot.send({ type: 'error', err: toOverlay(error) });
}

function formatFailure(error: unknown): string {
  if (!(error instanceof SupabaseDevError)) return `Supabase: ${errorMessage(error)}`;
  const lines = [`${styleText('red', `Supabase: ${error.message}`)} ${styleText('dim', error.code)}`];
  if (error.location?.frame) lines.push(error.location.frame);
  if (error.hint) lines.push(`${styleText('cyan', 'What to do:')} ${error.hint}`);
  return lines.join('\n');
}

/** Makes Vite's commands print what to do, and not where in this plugin the error was found. */
export function withoutTrace(error: SupabaseDevError): SupabaseDevError {
  const text = `${error.message} (${error.code})${error.hint ? `\n  What to do: ${error.hint}` : ''}`;
  error.stack = text;
  return Object.defineProperty(error, inspect.custom, { value: () => text });
}

/** A code frame as Vite's overlay shows it: it cuts off spaces in front of the first line, so that numbers go to the left. */
export function alignFrame(frame: string): string {
  return frame.replaceAll(/^( +)(\d+)/gm, '$2$1');
}

function toOverlay(error: unknown): ErrorPayload['err'] {
  const hint = error instanceof SupabaseDevError && error.hint ? `\n\nWhat to do: ${error.hint}` : '';
  const location = error instanceof SupabaseDevError ? error.location : undefined;
  return {
    message: `Supabase: ${errorMessage(error)}${hint}`,
    stack: '',
    plugin: PLUGIN_NAME,
    ...(location && {
      id: location.file,
      frame: alignFrame(location.frame ?? ''),
      loc: { file: location.file, line: location.line, column: location.column },
    }),
  };
}
