import type { Logger } from '../../../plugin/shared/logger.ts';

/** Collects the lines of a terminal, and waits for one. */
export class HintLines {
  readonly lines: string[] = [];
  readonly #waiting = new Set<() => void>();

  readonly logger: Logger = {
    info: () => {},
    warn: (line) => this.#add(line),
    error: (line) => this.#add(line),
  };

  /** The first line, also of those that came before, that matches. */
  waitFor(pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const found = this.lines.find((line) => pattern.test(line));
        if (found === undefined) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve(found);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        reject(new Error(`No line like ${String(pattern)} among:\n${this.lines.join('\n')}`));
      }, 15_000);
      this.#waiting.add(check);
      check();
    });
  }

  #add(line: string): void {
    this.lines.push(line);
    for (const check of this.#waiting) check();
  }
}
