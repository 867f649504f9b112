import type { Logger } from '../shared/logger.ts';
import { SLOW_MS, type Observation, type Observations } from '../shared/observations.ts';
import { filterNames } from './causes/rows.ts';
import { objectOf } from './causes/storage.ts';
import { keyOf, type Explanation } from './explanation.ts';
import type { Explainer } from './explainer.ts';
import { printable } from './request-lines.ts';

// At most so many explanations wait for the database; what comes meanwhile is counted only.
const MAX_WAITING = 20;
// Anybody can cause refusals: the terminal shows so many different ones, and no more.
const MAX_KNOWN = 200;
// An answer that had an ordinary cause is looked at again after this time.
const ASK_AGAIN_MS = 10_000;

/**
 * Explains in the terminal, after the answer: one line the first time for each kind and subject, later only how often it
 * happened.
 */
export class TerminalHints {
  readonly #explainer: Explainer;
  readonly #logger: Logger;
  readonly #stop: () => void;
  /** Explanations by the observation's shape, so that a repeated one asks nobody. */
  readonly #byShape = new Map<string, Promise<string | undefined>>();
  readonly #counts = new Map<string, { count: number; explanation: Explanation }>();
  #waiting = 0;
  #isClosed = false;

  constructor(observations: Observations, explainer: Explainer, logger: Logger) {
    this.#explainer = explainer;
    this.#logger = logger;
    this.#stop = observations.listen((observation) => this.#notice(observation));
  }

  /** The explanations so far, the most recent last. */
  list(): readonly { readonly count: number; readonly explanation: Explanation }[] {
    return [...this.#counts.values()];
  }

  /** Resolves when everything that was noticed so far has been explained. */
  async settled(): Promise<void> {
    await Promise.all(this.#byShape.values());
  }

  close(): void {
    this.#isClosed = true;
    this.#stop();
  }

  #notice(observation: Observation): void {
    const shape = shapeOf(observation);
    if (shape === undefined) return;
    const known = this.#byShape.get(shape);
    if (known) {
      void known.then((key) => this.#count(key));
      return;
    }
    if (this.#waiting >= MAX_WAITING || this.#byShape.size >= MAX_KNOWN) return;
    this.#waiting += 1;
    this.#byShape.set(shape, this.#explain(observation, shape));
  }

  /** @returns the key of the explanation, if it is worth telling */
  async #explain(observation: Observation, shape: string): Promise<string | undefined> {
    try {
      // The answer goes out first.
      await new Promise((resolve) => setImmediate(resolve));
      const explanation = this.#isClosed ? undefined : await this.#explainer.explain(observation);
      if (!explanation) return this.#forget(shape);
      const key = keyOf(explanation);
      if (this.#counts.has(key)) this.#count(key);
      else {
        // Ordinary answers are explained to those who ask; what Realtime hides, nobody can ask about later.
        if (explanation.level === 'note' && observation.kind !== 'realtime') return this.#forget(shape);
        this.#counts.set(key, { count: 1, explanation });
        if (explanation.level === 'problem') this.#print(explanation);
      }
      return key;
    } catch {
      // The database is stopping, or a statement took too long: nothing to tell.
      return this.#forget(shape);
    } finally {
      this.#waiting -= 1;
    }
  }

  /** What is ordinary now may be a problem after the data or the policies have changed. */
  #forget(shape: string): undefined {
    setTimeout(() => this.#byShape.delete(shape), ASK_AGAIN_MS).unref();
  }

  #count(key: string | undefined): void {
    const known = key === undefined ? undefined : this.#counts.get(key);
    if (!known || key === undefined) return;
    known.count += 1;
    if (known.explanation.level === 'note') return;
    // Again at 10, 100, 1000, …
    if (Number.isInteger(Math.log10(known.count)) && !this.#isClosed)
      this.#logger.warn(printable(`Supabase: ${known.count} times: ${known.explanation.cause}`));
  }

  #print({ cause, cure, code }: Explanation): void {
    if (this.#isClosed) return;
    const paste = code === undefined ? '' : ` ${code.replaceAll(/\s*\n\s*/g, ' ')}`;
    this.#logger.warn(printable(`Supabase: ${cause} ${cure}${paste}`));
  }
}

/**
 * What two observations with the same explanation have in common, without asking the database; undefined for what the
 * terminal never explains.
 */
function shapeOf(observation: Observation): string | undefined {
  switch (observation.kind) {
    case 'rest': {
      const { error, target, caller, schema, url, rows } = observation;
      const [path, query = ''] = url.split('?', 2);
      if (!error && rows !== 0) return observation.milliseconds >= SLOW_MS ? `slow ${path}` : undefined;
      return [
        'rest',
        error?.code,
        error?.message,
        target?.action,
        schema,
        path,
        filterNames(query).join(),
        caller?.role,
        caller?.claims.sub,
      ].join('\0');
    }
    case 'realtime':
      return realtimeShape(observation);
    case 'gateway':
      return ['gateway', observation.code, observation.path.split('?', 1)[0], observation.origin].join('\0');
    case 'storage':
      return [
        'storage',
        observation.code,
        observation.message,
        observation.method,
        objectOf(observation.path).bucket,
      ].join('\0');
    case 'request':
    case 'upstream':
      return undefined;
    case 'redirect':
      return `redirect\0${observation.asked.split(/[?#]/, 1)[0]}`;
    case 'function':
      return ['function', observation.slug, observation.code].join('\0');
  }
}

function realtimeShape(observation: Observation & { kind: 'realtime' }): string | undefined {
  const { event } = observation;
  switch (event) {
    case 'handshake-refused':
      return [event, observation.status, observation.reason].join('\0');
    case 'join-refused':
    case 'channel-closed':
    case 'broadcast-dropped':
      return [event, observation.topic, observation.reason.replaceAll(/\d+/g, '#')].join('\0');
    case 'subscription-refused':
      return [
        event,
        observation.schema,
        observation.table,
        observation.columns.join(),
        observation.caller.role,
      ].join('\0');
    case 'change-undelivered': {
      const { why, schema, table, type, caller } = observation;
      const isFiltered = why.kind === 'policy' && why.isFiltered;
      return [event, why.kind, isFiltered, schema, table, type, caller.role].join('\0');
    }
  }
}
