import type { IncomingMessage } from 'node:http';
import {
  SLOW_MS,
  type Observations,
  type RestObservation,
  type RestTarget,
} from '../../shared/observations.ts';
import { bearerToken } from '../http/bearer.ts';
import type { AuthResult } from './authenticate.ts';
import type { Rows } from './database/transaction.ts';
import type { RestError } from './http/rest-error.ts';
import type { ServerTiming } from './http/server-timing.ts';
import type { ApiRequest, RawRequest } from './parse/api-request.ts';
import { isLimitZero } from './parse/range.ts';
import type { ActionPlan } from './plan/types.ts';
import type { RequestExplanation } from './request-explanation.ts';
import { buildMatching } from './sql/matching.ts';
import { readPage } from './sql/result-row.ts';

interface Answered {
  readonly raw: RawRequest;
  readonly req: IncomingMessage;
  readonly status: number;
  readonly timing: ServerTiming;
  readonly error?: RestError;
}

/** What becomes known of one request while it is handled, for those who explain its answer. */
export class RequestTrace {
  auth: AuthResult | undefined;
  request: ApiRequest | undefined;
  plan: ActionPlan | undefined;
  readonly #onExplain: ((explanation: RequestExplanation) => void) | undefined;
  #transaction: RequestExplanation | undefined;
  #results: readonly Rows[] | undefined;

  /** @param onExplain receives each transaction before it runs */
  constructor(onExplain?: (explanation: RequestExplanation) => void) {
    this.#onExplain = onExplain;
  }

  explain(explanation: RequestExplanation): void {
    this.#transaction = explanation;
    this.#onExplain?.(explanation);
  }

  ran(results: readonly Rows[]): void {
    this.#results = results;
  }

  /** Reports the answer if it is refused, without rows or slow, or if every answer is wanted. */
  answered(observations: Observations, answer: Answered): void {
    const rows = this.#rows();
    const isWorthTelling =
      answer.status >= 400 || rows === 0 || observations.isRecording || answer.timing.elapsed() >= SLOW_MS;
    if (observations.isActive && isWorthTelling) observations.emit(this.#describe(answer, rows));
  }

  /** Rows of the page, or changed rows; undefined where the request did not ask for any. */
  #rows(): number | undefined {
    const { plan, request } = this;
    const [result] = this.#results ?? [];
    if (!plan || !request || !result || plan.kind === 'inspect' || plan.kind === 'info') return undefined;
    if (plan.mediaType.kind === 'plan' || isLimitZero(request.range)) return undefined;
    return readPage(result);
  }

  #describe({ raw, req, status, timing, error }: Answered, rows: number | undefined): RestObservation {
    const { auth, request } = this;
    const transaction = this.#transaction;
    return {
      kind: 'rest',
      request: req,
      method: raw.method,
      url: raw.url,
      status,
      milliseconds: timing.elapsed(),
      error,
      caller: auth && { role: auth.role, claims: auth.claims },
      token: bearerToken(raw.headers.authorization),
      schema: request?.schema,
      target: this.target(),
      rows,
      transaction: transaction && { before: transaction.before, statements: transaction.statements },
    };
  }

  /** What the request reads or changes; undefined until it is planned. */
  target(): RestTarget | undefined {
    const { plan, request } = this;
    if (!plan || !request || plan.kind === 'inspect' || plan.kind === 'info') return undefined;
    const { schema, name } = plan.target;
    if (plan.kind === 'call') return { action: 'call', schema, name, returnsRows: true };
    if (plan.kind === 'read') {
      const { where } = plan.read;
      return {
        action: 'select',
        schema,
        name,
        returnsRows: true,
        matching: (limit) => buildMatching(plan.target, where, limit),
      };
    }
    const { mutate } = plan;
    const returnsRows = mutate.returning.length > 0;
    if (mutate.kind === 'insert') return { action: 'insert', schema, name, returnsRows, body: mutate.body };
    return {
      action: mutate.kind,
      schema,
      name,
      returnsRows,
      body: mutate.kind === 'update' ? mutate.body : undefined,
      matching: (limit) => buildMatching(mutate.into, mutate.where, limit),
    };
  }
}
