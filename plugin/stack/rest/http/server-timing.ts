import type { Header } from './response.ts';

/** Measures the stages of one request, for the `Server-Timing` header. */
export class ServerTiming {
  readonly #started = performance.now();
  readonly #ended = new Map<'jwt' | 'parse' | 'plan' | 'transaction' | 'response', number>();

  /** Records that a stage has ended; the next one begins here. */
  end(stage: 'jwt' | 'parse' | 'plan' | 'transaction' | 'response'): void {
    this.#ended.set(stage, performance.now());
  }

  /** Milliseconds since the request's body was read. */
  elapsed(): number {
    return performance.now() - this.#started;
  }

  /** `Server-Timing: jwt;dur=0.1, parse;dur=0.2, …`, durations in milliseconds. */
  header(): Header {
    let before = this.#started;
    const stages = [...this.#ended].map(([stage, ended]) => {
      const text = `${stage};dur=${(ended - before).toFixed(1)}`;
      before = ended;
      return text;
    });
    return ['Server-Timing', stages.join(', ')];
  }
}
