import { SLOW_MS, type Observation, type Observations } from '../shared/observations.ts';
import type { ObservedOutput } from '../shared/observed.ts';
import type { Explainer } from './explainer.ts';
import type { Explanation } from './explanation.ts';
import { nameObservation, printable, withoutSecrets } from './request-lines.ts';

/** Why a request was answered as it was, for those who ask later. */
export interface Why extends Omit<Explanation, 'level'> {
  /** When it was observed, as ISO 8601. */
  readonly at: string;
  /** What was observed: `GET /rest/v1/notes?select=id: 200, 0 rows`. */
  readonly observed: string;
}

/** A line of a log. */
export interface LogLine {
  /** ISO 8601. */
  readonly at: string;
  readonly text: string;
}

export type JournalService = 'api' | 'auth' | 'storage' | 'realtime' | 'functions' | 'output';

interface Kept {
  readonly at: number;
  readonly observation: Observation;
}

interface KeptLine {
  readonly at: number;
  readonly text: string;
  readonly path: string;
}

const KEPT_CAUSES = 50;
const KEPT_LINES = 1_000;
const DEFAULT_ANSWERS = 10;
// Whoever asks once will ask again: every request is recorded for an hour after the last question.
const RECORD_MS = 3_600_000;

/**
 * What happened lately, for those who ask later: agents, through the MCP server. It keeps what can be explained, and records
 * every request after the first question.
 */
export class Journal {
  readonly #observations: Observations;
  readonly #explainer: Explainer;
  readonly #causes: Kept[] = [];
  readonly #requests: KeptLine[] = [];
  readonly #output: KeptLine[] = [];
  readonly #stopAnswering: () => void;
  #stopListening: (() => void) | undefined;
  #recording: { readonly stop: () => void; readonly timer: NodeJS.Timeout } | undefined;

  constructor(observations: Observations, explainer: Explainer) {
    this.#observations = observations;
    this.#explainer = explainer;
    this.#stopAnswering = observations.answerQuestions((question, args) => this.#answer(question, args));
  }

  /** Keeps what is refused, empty or not delivered from now on. */
  listen(): void {
    if (this.#stopListening) return;
    const stops = [
      this.#observations.listen((observation) => this.#notice(observation)),
      this.#observations.output.follow((line) => this.#keepOutput(line)),
    ];
    this.#stopListening = () => stops.forEach((stop) => stop());
  }

  close(): void {
    this.#stopAnswering();
    this.#stopListening?.();
    this.#stopRecording();
  }

  async #answer(question: string, args: Readonly<Record<string, unknown>>): Promise<unknown> {
    this.listen();
    this.#record();
    switch (question) {
      case 'why':
        return this.#why(textOf(args.request), Number(args.since ?? 0));
      case 'journal':
        return this.#logs(textOf(args.service) as JournalService, Number(args.from), Number(args.to));
      case 'watch':
        return true;
      default:
        throw new Error(`there is no answer to "${question}"`);
    }
  }

  /**
   * The latest causes first, each once.
   *
   * @param request as `nameObservation` begins: method and path; undefined for all
   * @param since milliseconds since 1970
   */
  async #why(request: string | undefined, since: number): Promise<Why[]> {
    const answers = new Map<string, Why>();
    for (const { at, observation } of this.#causes.toReversed()) {
      if (answers.size >= DEFAULT_ANSWERS || at < since) break;
      const observed = nameObservation(observation);
      if (request !== undefined && !matches(observed, request)) continue;
      const explanation = await this.#explainer.explain(observation);
      if (!explanation) continue;
      const { level: _, ...why } = explanation;
      const key = `${why.kind} ${why.subject} ${why.cause}`;
      if (!answers.has(key)) answers.set(key, { at: new Date(at).toISOString(), observed, ...why });
    }
    return [...answers.values()];
  }

  #logs(service: JournalService, from: number, to: number): LogLine[] {
    const prefix = service === 'api' ? '/' : `/${service}/v1/`;
    const lines = service === 'output' ? this.#output : this.#requests;
    return lines
      .filter(({ at, path }) => at >= from && at <= to && (service === 'output' || path.startsWith(prefix)))
      .map(({ at, text }) => ({ at: new Date(at).toISOString(), text }));
  }

  #notice(observation: Observation): void {
    const at = Date.now();
    if (observation.kind === 'request') {
      const { method, url, status, milliseconds } = observation;
      if (url.startsWith('/__supabase')) return;
      const text = `${method} ${withoutSecrets(url)}: ${status}, ${milliseconds.toFixed(1)} ms`;
      keep(this.#requests, { at: observation.at, text: printable(text), path: url }, KEPT_LINES);
    } else if (isExplainable(observation)) keep(this.#causes, { at, observation }, KEPT_CAUSES);
  }

  #keepOutput({ slug, level, text }: ObservedOutput): void {
    const line = `[${slug}] ${level === 'error' ? 'error: ' : ''}${text}`;
    keep(this.#output, { at: Date.now(), text: line, path: '' }, KEPT_LINES);
  }

  #record(): void {
    const stop = this.#recording?.stop ?? this.#observations.record();
    clearTimeout(this.#recording?.timer);
    const timer = setTimeout(() => this.#stopRecording(), RECORD_MS).unref();
    this.#recording = { stop, timer };
  }

  #stopRecording(): void {
    clearTimeout(this.#recording?.timer);
    this.#recording?.stop();
    this.#recording = undefined;
  }
}

function keep<T>(list: T[], entry: T, most: number): void {
  list.push(entry);
  if (list.length > most) list.shift();
}

function isExplainable(observation: Observation): boolean {
  if (observation.kind === 'upstream') return false;
  if (observation.kind !== 'rest' || observation.error) return true;
  return observation.rows === 0 || observation.milliseconds >= SLOW_MS;
}

/** Whether an observed request is the one that somebody describes by method and path, with or without its query. */
function matches(observed: string, request: string): boolean {
  return observed === request || [':', '?', '/'].some((next) => observed.startsWith(`${request}${next}`));
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
