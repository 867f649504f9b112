import { execFile, type ChildProcess } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { SupabaseDevError } from '../../shared/errors.ts';
import { findLocation } from './boot-error.ts';
import type { FunctionDefinition } from './definitions.ts';
import type { Launcher } from './launch.ts';

/** Checks the types of functions beside their work: a type error stops no function, here or on the edge. */
export class TypeCheck {
  readonly #launcher: Launcher;
  #running: ChildProcess | undefined;

  constructor(launcher: Launcher) {
    this.#launcher = launcher;
  }

  /**
   * Runs `deno check`; a later call ends an earlier one, which then reports nothing.
   *
   * @param report called with the first type error, or without one when there is none
   */
  async check(
    definition: FunctionDefinition,
    report: (error: SupabaseDevError | undefined) => void,
  ): Promise<void> {
    this.close();
    const { program, args, env, cwd } = await this.#launcher.prepareCheck(definition);
    const child = execFile(program, args, { env, cwd, windowsHide: true }, (_error, _stdout, stderr) => {
      if (this.#running !== child) return;
      this.#running = undefined;
      report(typeError(definition.slug, stripVTControlCharacters(stderr)));
    });
    this.#running = child;
  }

  close(): void {
    this.#running?.kill();
    this.#running = undefined;
  }
}

/** Errors such as `TS2322 [ERROR]: …`; that the check itself did not work (an import, no network) is none. */
function typeError(slug: string, output: string): SupabaseDevError | undefined {
  const [, code = '', report = ''] = /(TS\d+) \[ERROR\]: ([^]*)/.exec(output) ?? [];
  if (report === '') return undefined;
  const count = Number(/Found (\d+) errors/.exec(output)?.[1] ?? 1);
  const others = count > 1 ? ` (and ${count - 1} more)` : '';
  const location = findLocation(report);
  return new SupabaseDevError(
    'FUNCTION_TYPES',
    `The function "${slug}" has a type error: ${report.split('\n', 1)[0]} ${code}${others}`,
    location ? { location } : {},
  );
}
