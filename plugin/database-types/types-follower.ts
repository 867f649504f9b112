import { resolve } from 'node:path';
import { errorMessage, SupabaseDevError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import { findTypesFile, updateTypesFile } from './types-file.ts';

export interface TypesFollowerOptions {
  /** The project's folder. */
  readonly root: string;
  /** The file, relative to `root`. Default: the generator's output at one of the usual places, if there is one. */
  readonly file?: string;
  /** URL of the live database as `postgres`; undefined while there is none. */
  databaseUrl(): string | undefined;
  readonly exposedSchemas: readonly string[];
  readonly logger: Logger;
}

const LOST_MS = 10_000;

/** Keeps the file with the types of the database as its schema is. */
export class TypesFollower {
  readonly #options: TypesFollowerOptions;
  #running: Promise<void> | undefined;
  /** The schema has changed again since the running update began. */
  #isOutdated = false;
  readonly #end = new AbortController();
  /** What was reported and has not changed since. */
  #reported: string | undefined;

  constructor(options: TypesFollowerOptions) {
    this.#options = options;
  }

  /** Writes the file if its types differ. Several calls at once need one more update at most. Never rejects. */
  update(): Promise<void> {
    this.#isOutdated = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Ends what is under way; nothing is written any more. */
  close(): void {
    this.#end.abort();
  }

  async #run(): Promise<void> {
    while (this.#isOutdated && !this.#end.signal.aborted) {
      this.#isOutdated = false;
      try {
        await this.#write();
        this.#reported = undefined;
      } catch (error) {
        if (!this.#isOutdated && !this.#end.signal.aborted) this.#report(error);
      }
    }
  }

  async #write(): Promise<void> {
    const { root, exposedSchemas, logger } = this.#options;
    const file = this.#options.file ?? (await findTypesFile(root));
    const databaseUrl = this.#options.databaseUrl();
    if (file === undefined || databaseUrl === undefined) return;
    // Loaded only when needed: few projects have such a file from the start.
    const { defaultSchemas, generateTypes } = await import('./generate.ts');
    const { repeatWhenLost } = await import('../stack/postgres/connection-loss.ts');
    const schemas = defaultSchemas(exposedSchemas);
    const { signal } = this.#end;
    // Another database may take the place of this one meanwhile.
    const types = await repeatWhenLost(() => generateTypes({ databaseUrl, schemas }), {
      timeoutMs: LOST_MS,
      signal,
    });
    // Types that are no longer those of the database are not worth a write.
    if (this.#isOutdated || signal.aborted) return;
    if (await updateTypesFile(resolve(root, file), types)) logger.info(`Supabase: wrote ${file}`);
  }

  #report(error: unknown): void {
    const { hint } = error instanceof SupabaseDevError ? error : {};
    const text = `Supabase: the types of the database are not written: ${errorMessage(error)}${hint === undefined ? '' : ` (${hint})`}`;
    if (text === this.#reported) return;
    this.#reported = text;
    this.#options.logger.warn(text);
  }
}
