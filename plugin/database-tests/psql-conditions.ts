import { isOn } from './psql-variables.ts';

/** The nested `\if … \elif … \else … \endif` of one file. */
export class Conditions {
  /** For each open `\if`: whether its present branch runs, and whether one has run. */
  readonly #open: { isActive: boolean; hasRun: boolean }[] = [];

  /**
   * @param command psql's command, without its backslash
   * @param expand replaces variables in the condition
   * @returns whether there is nothing more to do: it is such a command, or stands in a branch that does not run
   */
  handles(command: string | undefined, expand: (text: string) => string): boolean {
    const [, name = '', condition = ''] = /^(\S+)\s*(.*)$/s.exec(command ?? '') ?? [];
    const last = this.#open.at(-1);
    const holds = (): boolean => isOn(expand(condition));
    if (name === 'if') {
      // Within a branch that does not run, none of its own does.
      const runs = this.#isActive() && holds();
      this.#open.push({ isActive: runs, hasRun: runs || !this.#isActive() });
    } else if (name === 'elif' && last) {
      last.isActive = !last.hasRun && holds();
      last.hasRun ||= last.isActive;
    } else if (name === 'else' && last) {
      last.isActive = !last.hasRun;
      last.hasRun = true;
    } else if (name === 'endif' && last) this.#open.pop();
    else return !this.#isActive();
    return true;
  }

  #isActive(): boolean {
    return this.#open.every(({ isActive }) => isActive);
  }
}
