import { errorMessage, SupabaseDevError } from '../shared/errors.ts';
import { print } from './command.ts';

/** What vite.config and scripts call an option, and its flag here. */
const FLAGS: readonly [string, string][] = [
  ['postgres.binDir', '--bin-dir'],
  ['the option dataDir', '--data-dir'],
  ['the option root', '--workdir'],
  ['{ ephemeral: true }', '--ephemeral'],
  [" (backend: 'local')", ''],
];

/** Prints what went wrong, where, and what to do. */
export function printError(error: unknown): void {
  const code = error instanceof SupabaseDevError ? ` (${error.code})` : '';
  print(`vite-plugin-supabase: ${errorMessage(error)}${code}`);
  if (!(error instanceof SupabaseDevError)) return;
  if (error.location?.frame) print(error.location.frame);
  if (error.hint) print(`What to do: ${nameFlags(error.hint)}`);
}

/** Hints name options as vite.config and scripts write them; here they are flags. */
function nameFlags(hint: string): string {
  let text = hint.replaceAll(/ \(in vite\.config: [^)]*\)|, in vite\.config: [\w.]+/g, '');
  for (const [option, flag] of FLAGS) text = text.replaceAll(option, flag);
  return text;
}
