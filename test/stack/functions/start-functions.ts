import { startTestStack, type TestStack } from '../../helpers/stack.ts';
import type { StackOptions } from '../../../plugin/start-stack.ts';

export interface FunctionsStack extends TestStack {
  /** Calls a function by its path, such as `hello/a?b=1`. */
  call(path: string, init?: RequestInit): Promise<Response>;
  /** What the stack and the functions have printed, a line each. */
  readonly lines: readonly string[];
  /** Waits until a line matches. */
  printed(pattern: RegExp): Promise<string>;
}

/**
 * A stack with these functions, all open to calls without a token.
 *
 * @param functions source text of index.ts by name
 * @param files more of the project's files
 */
export async function startFunctions(
  functions: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
  options: StackOptions = {},
): Promise<FunctionsStack> {
  const lines: string[] = [];
  const listeners = new Set<() => void>();
  const print = (text: string): void => {
    lines.push(...text.split('\n'));
    for (const listener of listeners) listener();
  };
  const slugs = Object.keys(functions);
  const config = slugs.map((slug) => `[functions.${slug}]\nverify_jwt = false\n`).join('');
  const sources = Object.entries(functions).map(([slug, text]) => [
    `supabase/functions/${slug}/index.ts`,
    text,
  ]);
  const stack = await startTestStack(
    { 'supabase/config.toml': config, ...(Object.fromEntries(sources) as Record<string, string>), ...files },
    { logger: { info: print, warn: print, error: print }, ...options },
  );
  return {
    ...stack,
    lines,
    call: (path, init) => fetch(`${stack.url}/functions/v1/${path}`, init),
    printed: (pattern) =>
      new Promise((resolve) => {
        const check = (): void => {
          const line = lines.find((one) => pattern.test(one));
          if (line === undefined) return;
          listeners.delete(check);
          resolve(line);
        };
        listeners.add(check);
        check();
      }),
  };
}
