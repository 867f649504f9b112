import type { LogLevel } from '../shared/log-level.ts';
import type { Logger } from '../shared/logger.ts';
import type { Observations } from '../shared/observations.ts';
import { Explainer, type ExplainerOptions } from './explainer.ts';
import { Journal } from './journal.ts';
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
  readonly #journal: Journal;
  readonly #stop: () => void;

  constructor({ observations, level, logger, ...options }: TerminalOptions) {
    this.explainer = new Explainer(options);
    this.#journal = new Journal(observations, this.explainer);
    // Without hints nobody listens, and the services build nothing, until somebody asks.
    if (level !== 'silent') this.#journal.listen();
    this.hints = level === 'silent' ? undefined : new TerminalHints(observations, this.explainer, logger);
    const showsRequests = level === 'requests' || level === 'debug';
    this.#stop = showsRequests ? logRequests(observations, logger, level === 'debug') : () => {};
  }

  async close(): Promise<void> {
    this.#stop();
    this.hints?.close();
    this.#journal.close();
    await this.explainer.close();
  }
}
