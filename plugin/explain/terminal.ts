import type { LogLevel } from '../shared/log-level.ts';
import type { Logger } from '../shared/logger.ts';
import type { Observations } from '../shared/observations.ts';
import { Explainer, type ExplainerOptions } from './explainer.ts';
import { logRequests } from './request-lines.ts';
import { TerminalHints } from './terminal-hints.ts';

export interface TerminalOptions extends ExplainerOptions {
  readonly observations: Observations;
  readonly level: LogLevel;
  readonly logger: Logger;
}

/** What the terminal says of requests, by its level. */
export class Terminal {
  readonly explainer: Explainer;
  /** Undefined at the level `silent`. */
  readonly hints: TerminalHints | undefined;
  readonly #stop: () => void;

  constructor({ observations, level, logger, ...options }: TerminalOptions) {
    this.explainer = new Explainer(options);
    this.hints = level === 'silent' ? undefined : new TerminalHints(observations, this.explainer, logger);
    const showsRequests = level === 'requests' || level === 'debug';
    this.#stop = showsRequests ? logRequests(observations, logger, level === 'debug') : () => {};
  }

  async close(): Promise<void> {
    this.#stop();
    this.hints?.close();
    await this.explainer.close();
  }
}
