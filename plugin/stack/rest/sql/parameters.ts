/** Collects the parameters of one statement while its parts are written. */
export class Parameters {
  readonly #values: (string | Buffer | null)[] = [];

  /** Adds a value and returns its placeholder `$n`, whose type PostgreSQL infers from the context. */
  add(value: string | Buffer | null): string {
    this.#values.push(value);
    return `$${this.#values.length}`;
  }

  /** The values, in the order of their placeholders. */
  get values(): readonly (string | Buffer | null)[] {
    return this.#values;
  }
}
