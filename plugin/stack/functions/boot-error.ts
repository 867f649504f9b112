import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { codeFrame, offsetOf } from '../../shared/code-frame.ts';
import { SupabaseDevError, type SourceLocation } from '../../shared/errors.ts';

/**
 * The error that shows why a function does not start, with its place in the source.
 *
 * @param stderr what Deno printed: `error: …`, in which `at file:///…:line:column` names the place
 */
export function bootError(slug: string, stderr: string): SupabaseDevError {
  const text = stripVTControlCharacters(stderr).trim();
  const [, report = text] = /(?:^|\n)error: (?:Uncaught (?:\(in promise\) )?)?([^]*)$/.exec(text) ?? [];
  const message = report.split(/\n\s*(?:at |\|)|\n\nStack backtrace/)[0]?.trim() ?? '';
  const location = findLocation(report);
  const hint = importHint(report);
  return new SupabaseDevError(
    'FUNCTION_FAILED',
    `The function "${slug}" does not start: ${message || 'its process ended without an error'}`,
    { ...(location && { location }), ...(hint !== undefined && { hint }) },
  );
}

/** The first place in a file of this machine; its frame shows the line with its neighbours. */
export function findLocation(report: string): SourceLocation | undefined {
  for (const [, url = '', line = '', column = ''] of report.matchAll(/(file:\/\/\S+?):(\d+):(\d+)/g)) {
    if (url.includes('/node_modules/') || !URL.canParse(url)) continue;
    const file = fileURLToPath(url);
    const place = { file, line: Number(line), column: Number(column) };
    const frame = readFrame(place);
    if (frame !== undefined) return { ...place, frame };
  }
  return undefined;
}

function readFrame({ file, line, column }: SourceLocation): string | undefined {
  try {
    const text = readFileSync(file, 'utf8');
    return codeFrame(text, offsetOf(text, line, column));
  } catch {
    return undefined;
  }
}

/** What to do about an import that cannot be loaded. */
function importHint(report: string): string | undefined {
  if (/invalid peer certificate/.test(report)) {
    return 'The network uses a certificate authority of its own. Set NODE_EXTRA_CA_CERTS or DENO_CERT to its file.';
  }
  if (/error sending request|dns error|client error \(Connect\)/.test(report)) {
    return "This import is not in Deno's cache and cannot be fetched now. Connect once, and it is cached: deno cache <file>";
  }
  if (/not a dependency|not in import map/.test(report)) {
    return 'Add it to "imports" of the function\'s deno.json, or import it as npm:<name>.';
  }
  return undefined;
}
