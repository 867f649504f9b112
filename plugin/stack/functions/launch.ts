import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exists } from '../../shared/files.ts';
import type { Logger } from '../../shared/logger.ts';
import type { ObservedOutput } from '../../shared/observed.ts';
import type { Tap } from '../../shared/tap.ts';
import type { SupabaseConfig } from '../config/config.ts';
import { choosePort } from '../../shared/ports.ts';
import { functionsDir, type FunctionDefinition } from './definitions.ts';
import { findDeno } from './deno.ts';
import { denoEnvironment, functionEnvironment, type StackAddress } from './environment.ts';
import { findOutsideFiles } from './outside-files.ts';
import { FunctionLog } from './output.ts';
import { permissionFlags } from './permissions.ts';
import type { FunctionsSettings } from './settings.ts';
import { readSources, type Sources } from './sources.ts';
import type { FunctionTimeouts } from './timeouts.ts';
import { mapTypesAway } from './types-import.ts';
import type { WorkerLaunch } from './worker-launch.ts';

/** The hosted platform's limit, in MiB. */
const MEMORY_LIMIT = 256;

// Beside this file, as TypeScript in the repository and as JavaScript in the package.
const RUNTIME = fileURLToPath(new URL('./runtime', import.meta.url));
const BOOTSTRAP = join(RUNTIME, `bootstrap${extname(import.meta.url)}`);

export interface LaunchOptions {
  readonly config: SupabaseConfig;
  readonly settings: FunctionsSettings;
  readonly stack: StackAddress;
  readonly logger: Logger;
  /** Receives what functions print, for those who look. */
  readonly output: Tap<ObservedOutput>;
  /** Debug: the function waits for nothing, but a debugger can connect to `[edge_runtime] inspector_port`. */
  readonly inspect: boolean;
  readonly timeouts: FunctionTimeouts;
  /** Receives, before a function starts, the files outside the folder of the functions that it consists of. */
  readonly onOutsideFiles: (files: readonly string[]) => void;
}

/** Prepares the processes of a project's functions. */
export class Launcher {
  readonly #options: LaunchOptions;
  #sockets: Promise<string> | undefined;
  #count = 0;

  constructor(options: LaunchOptions) {
    this.#options = options;
  }

  /** @throws SupabaseDevError DENO_MISSING */
  async prepare(definition: FunctionDefinition): Promise<WorkerLaunch> {
    const { config, settings, stack, logger, timeouts, onOutsideFiles } = this.#options;
    const program = findDeno();
    const sources = await readSources(functionsDir(config), definition.slug);
    onOutsideFiles(await findOutsideFiles(definition, functionsDir(config), sources));
    const env = await functionEnvironment(config, settings, definition, stack, logger);
    const socketPath = process.platform === 'win32' ? undefined : await this.#nextSocket();
    const folder = dirname(definition.entrypoint);
    return {
      slug: definition.slug,
      program,
      args: await this.#args(definition, sources, socketPath),
      cwd: (await exists(folder)) ? folder : config.root,
      env: { ...denoEnvironment(), DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1', ...env },
      visible: Object.keys(env),
      socketPath,
      api: stack.api,
      requestTimeout: timeouts.request,
      log: new FunctionLog(logger, this.#options.output, definition.slug),
    };
  }

  /** The command that checks a function's types; its errors are on standard error. */
  async prepareCheck(
    definition: FunctionDefinition,
  ): Promise<Pick<WorkerLaunch, 'program' | 'args' | 'env' | 'cwd'>> {
    const sources = await readSources(functionsDir(this.#options.config), definition.slug);
    const flags = await moduleFlags(definition, sources);
    return {
      program: findDeno(),
      args: ['check', '--quiet', ...flags, join(RUNTIME, 'edge-runtime.d.ts'), definition.entrypoint],
      env: { ...denoEnvironment(), NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1' },
      cwd: dirname(definition.entrypoint),
    };
  }

  /** Deletes what the processes left behind. */
  async close(): Promise<void> {
    const sockets = await this.#sockets?.catch(() => undefined);
    if (sockets !== undefined) await rm(sockets, { recursive: true, force: true });
  }

  async #args(
    definition: FunctionDefinition,
    sources: Sources,
    socketPath: string | undefined,
  ): Promise<string[]> {
    return [
      'run',
      '--quiet',
      '--no-prompt',
      ...permissionFlags(definition, this.#options.config, RUNTIME, socketPath),
      ...(await moduleFlags(definition, sources)),
      `--v8-flags=--max-old-space-size=${MEMORY_LIMIT}`,
      ...(await this.#debuggerFlags(definition.slug)),
      `--preload=${BOOTSTRAP}`,
      definition.entrypoint,
    ];
  }

  /** The port of config.toml for the first function, any free one for others. */
  async #debuggerFlags(slug: string): Promise<string[]> {
    const { settings, inspect, logger } = this.#options;
    if (!inspect) return [];
    const port = await choosePort({ preferred: settings.inspectorPort }, 'the debugger');
    logger.info(`[${slug}] debugger: 127.0.0.1:${port} (chrome://inspect)`);
    return [`--inspect=127.0.0.1:${port}`];
  }

  /** Only this user can enter the folder; the path of a socket may have at most 104 bytes. */
  async #nextSocket(): Promise<string> {
    this.#sockets ??= mkdtemp(join(tmpdir(), 'sb-fn-'));
    this.#count += 1;
    return join(await this.#sockets, `${this.#count}`);
  }
}

/**
 * Which configuration and packages Deno uses: those of the function, never those of the app around it. An import map
 * that is given wins over the `imports` of a deno.json.
 */
async function moduleFlags(definition: FunctionDefinition, sources: Sources): Promise<string[]> {
  const { importMap, entrypoint } = definition;
  const isConfig = importMap !== undefined && /^deno\.jsonc?$/.test(basename(importMap));
  const config = isConfig ? [`--config=${importMap}`] : ['--no-config'];
  const withoutTypes = await mapTypesAway(definition, sources);
  const ownMap = importMap !== undefined && !isConfig ? [`--import-map=${importMap}`] : [];
  const map = withoutTypes === undefined ? ownMap : [`--import-map=${withoutTypes}`];
  const lock = isConfig && (await exists(join(dirname(importMap), 'deno.lock'))) ? [] : ['--no-lock'];
  // package.json counts only beside the entrypoint of a function without an import map (the CLI's main function).
  const usesPackageJson =
    importMap === undefined && (await exists(join(dirname(entrypoint), 'package.json')));
  return [...config, ...map, ...lock, ...(usesPackageJson ? [] : ['--node-modules-dir=none'])];
}
