import type { ApiPlace } from '../stack-url.ts';
import type { FunctionLog } from './output.ts';

/** How a function's process is started. */
export interface WorkerLaunch {
  readonly slug: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Deno's own variables and those of the function. */
  readonly env: Readonly<Record<string, string>>;
  /** Names of the variables that the function sees. */
  readonly visible: readonly string[];
  /** Path of the local socket on which it listens; undefined: a port of loopback, and a secret. */
  readonly socketPath: string | undefined;
  /** The stack's API, for names that mean it. */
  readonly api: ApiPlace;
  /** Milliseconds without a byte of an answer. */
  readonly requestTimeout: number;
  readonly log: FunctionLog;
}
