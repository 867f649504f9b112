import { styleText } from 'node:util';
import type { ErrorPayload, ViteDevServer } from 'vite';
import { errorMessage, SupabaseDevError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { PLUGIN_NAME } from './plugin-context.ts';

/** Shows a failure in the terminal and, where there is a page, in Vite's overlay. */
export function reportFailure(logger: Logger, error: unknown, server?: ViteDevServer): void {
  logger.error(formatFailure(error));
  server?.environments.client.hot.send({ type: 'error', err: toOverlay(error) });
}

function formatFailure(error: unknown): string {
  if (!(error instanceof SupabaseDevError)) return `Supabase: ${errorMessage(error)}`;
  const lines = [`${styleText('red', `Supabase: ${error.message}`)} ${styleText('dim', error.code)}`];
  if (error.location?.frame) lines.push(error.location.frame);
  if (error.hint) lines.push(`${styleText('cyan', 'What to do:')} ${error.hint}`);
  return lines.join('\n');
}

/** The overlay clears itself when the page is reloaded, which watch.ts does once the cause is gone. */
function toOverlay(error: unknown): ErrorPayload['err'] {
  const hint = error instanceof SupabaseDevError && error.hint ? `\n\nWhat to do: ${error.hint}` : '';
  const location = error instanceof SupabaseDevError ? error.location : undefined;
  return {
    message: `Supabase: ${errorMessage(error)}${hint}`,
    stack: '',
    plugin: PLUGIN_NAME,
    ...(location && {
      id: location.file,
      frame: location.frame ?? '',
      loc: { file: location.file, line: location.line, column: location.column },
    }),
  };
}
