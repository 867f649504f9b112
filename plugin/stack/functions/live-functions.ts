import { SupabaseDevError } from '../../shared/errors.ts';
import type { StackContext } from '../context.ts';
import { findFunctions, functionsDir, type FunctionDefinition } from './definitions.ts';
import { FailureReports, type ReportFunction } from './failure-reports.ts';
import { Launcher } from './launch.ts';
import type { FunctionsSettings } from './settings.ts';
import { DEFAULT_TIMEOUTS, type FunctionTimeouts } from './timeouts.ts';
import { TypeCheck } from './type-check.ts';
import { FileWatch } from '../../shared/watch-files.ts';
import { FolderWatch } from '../../shared/watch-folder.ts';
import { Workers, type Lease } from './workers.ts';

export interface FunctionsOptions {
  /** Let a debugger connect to functions, at `[edge_runtime] inspector_port`. Default: false. */
  readonly inspect?: boolean;
  /** Called when a function does not start, besides the logger, and when it starts again. */
  readonly onFailure?: ReportFunction;
  readonly timeouts?: Partial<FunctionTimeouts>;
}

/** The functions of a project as their files are now: a save makes the next calls new, and shows errors at once. */
export class LiveFunctions {
  readonly #context: StackContext;
  readonly #settings: FunctionsSettings;
  readonly #workers: Workers;
  readonly #folder: FolderWatch;
  readonly #outside: FileWatch;
  readonly #reports: FailureReports;
  readonly #types: TypeCheck;
  #definitions: Promise<ReadonlyMap<string, FunctionDefinition>> | undefined;
  #lastCalled: string | undefined;

  constructor(context: StackContext, settings: FunctionsSettings, options: FunctionsOptions) {
    const { config, keys, database, api, logger, observations } = context;
    const { inspect = false, onFailure } = options;
    this.#context = context;
    this.#settings = settings;
    const stack = { api, dbUrl: database.url, keys };
    const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
    this.#folder = new FolderWatch(functionsDir(config), (path) => this.#onChange(path));
    this.#outside = new FileWatch((path) => this.#onChange(path));
    const onOutsideFiles = (files: readonly string[]): void => this.#outside.add(files);
    const launcher = new Launcher({
      config,
      settings,
      stack,
      logger,
      output: observations.output,
      inspect,
      timeouts,
      onOutsideFiles,
    });
    this.#workers = new Workers(launcher, inspect, timeouts);
    this.#types = new TypeCheck(launcher);
    this.#reports = new FailureReports(logger, onFailure);
  }

  async find(slug: string): Promise<FunctionDefinition | undefined> {
    this.#folder.start();
    this.#definitions ??= findFunctions(this.#context.config, this.#settings);
    return (await this.#definitions).get(slug);
  }

  /**
   * A process that runs the function.
   *
   * @throws SupabaseDevError when it does not start, which is reported too
   */
  async acquire(definition: FunctionDefinition): Promise<Lease> {
    const { slug } = definition;
    this.#lastCalled = slug;
    try {
      const lease = await this.#workers.acquire(definition);
      this.#reports.succeeded(slug, `the function "${slug}" starts again`);
      return lease;
    } catch (error) {
      if (error instanceof SupabaseDevError) this.#reports.failed(slug, error);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#folder.close();
    this.#outside.close();
    this.#types.close();
    await this.#workers.close();
  }

  /** The next calls run the new code. What is being worked on starts at once, so that its errors show when it is saved. */
  #onChange(path: string): void {
    const active = this.#workers.active();
    this.#workers.replaceAll();
    this.#definitions = undefined;
    const changed = path.split(/[\\/]/, 1)[0] ?? '';
    const slug = active.includes(changed) || this.#reports.isFailing(changed) ? changed : this.#lastCalled;
    if (slug === undefined) return;
    void this.#tryOut(slug).catch(() => {});
  }

  async #tryOut(slug: string): Promise<void> {
    const definition = await this.find(slug);
    if (!definition) return;
    (await this.acquire(definition)).release();
    await this.#types.check(definition, (error) => {
      const key = `types of ${slug}`;
      if (error) this.#reports.failed(key, error);
      else this.#reports.succeeded(key, `the types of the function "${slug}" are right again`);
    });
  }
}
