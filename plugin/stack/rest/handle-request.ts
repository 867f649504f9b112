import type { JwtVerifier } from '../jwt.ts';
import { authenticate } from './authenticate.ts';
import { ConnectionError, isDatabaseError, type RestDatabase, type Rows } from './database/rest-database.ts';
import type { EngineState } from './engine-state.ts';
import { parseApiRequest, type ApiRequest, type RawRequest } from './parse/api-request.ts';
import { maxAffectedExceeded, notSingular, putPrimaryKeyMismatch } from './parse/request-errors.ts';
import { planAction } from './plan/action-plan.ts';
import type { CrudPlan } from './plan/types.ts';
import type { RequestExplanation } from './request-explanation.ts';
import type { HttpAnswer } from './respond/answer.ts';
import { fromDatabaseError } from './respond/database-error.ts';
import { describeApi } from './respond/describe-api.ts';
import { respond, respondInfo, respondPlan, type StatementResult } from './respond/respond.ts';
import { RestError } from './rest-error.ts';
import { buildPlannedCount, buildStatement } from './sql/statement.ts';
import { buildSettings } from './sql/settings-statement.ts';
import { quoteIdentifier, type Statement } from './sql/writer.ts';
import { readResult, readTextLines } from './statement-result.ts';
import { transactionSettings } from './transaction-settings.ts';

export interface RequestContext {
  readonly database: RestDatabase;
  readonly state: EngineState;
  readonly verifier: JwtVerifier | undefined;
  /** Is told of each transaction before it runs. */
  readonly onExplain?: ((explanation: RequestExplanation) => void) | undefined;
  /** Names of the time zones that PostgreSQL knows. */
  readonly timezones: () => Promise<ReadonlySet<string>>;
}

/** When each stage of a request ended, for the `Server-Timing` header. */
export type StageTimes = Map<'jwt' | 'parse' | 'plan' | 'transaction' | 'response', number>;

/**
 * From a request to its answer: parse, plan, SQL, respond.
 *
 * @throws RestError
 */
export async function handleRequest(
  raw: RawRequest,
  context: RequestContext,
  times: StageTimes,
): Promise<HttpAnswer> {
  const { settings, cache, roles } = context.state;
  const caller = await authenticate(
    raw.headers.authorization,
    context.verifier,
    settings,
    Math.floor(Date.now() / 1000),
  );
  times.set('jwt', performance.now());
  const parsed = parseApiRequest(raw, {
    schemas: settings.schemas,
    allowTx: settings.txEnd.allowOverride,
    openApiEnabled: settings.openApiMode !== 'disabled',
    rootSpec: settings.rootSpec?.name,
  });
  const request = await withKnownTimezone(parsed, context);
  times.set('parse', performance.now());
  const plan = planAction(cache, request, settings);
  times.set('plan', performance.now());
  if (plan.kind === 'info') return respondInfo(plan.allow);

  const authenticated = caller.role !== settings.anonRole;
  const routine = plan.kind === 'call' ? plan.call.routine : undefined;
  const role = roles.get(caller.role);
  const before = [
    buildSettings(transactionSettings(request, caller, settings, role, routine)),
    ...(settings.preRequest
      ? [{ text: `SELECT ${quoteIdentifier(settings.preRequest)}()`, params: [] }]
      : []),
  ];
  const isolationLevel = routine?.isolationLevel ?? role?.isolationLevel ?? 'read committed';
  const execute = async (
    statements: readonly Statement[],
    readOnly: boolean,
    judge?: (results: readonly Rows[]) => void,
  ): Promise<Rows[]> => {
    const end = endOfTransaction(request, settings.txEnd.rollback);
    const transaction = { isolationLevel, readOnly, before, statements, end } as const;
    context.onExplain?.({
      method: raw.method,
      url: raw.url,
      role: caller.role,
      claims: caller.claims,
      ...transaction,
    });
    try {
      return await context.database.run({ ...transaction, judge, prepare: settings.preparedStatements });
    } catch (error) {
      throw toRestError(error, authenticated);
    } finally {
      times.set('transaction', performance.now());
    }
  };
  if (plan.kind === 'inspect') return describeApi(request, context.state, execute);
  return runPlan(plan, request, context.state, execute);
}

type Execute = (
  statements: readonly Statement[],
  readOnly: boolean,
  judge?: (results: readonly Rows[]) => void,
) => Promise<Rows[]>;

async function runPlan(
  plan: CrudPlan,
  request: ApiRequest,
  { settings }: EngineState,
  execute: Execute,
): Promise<HttpAnswer> {
  const { preferences, range } = request;
  const { maxRows } = settings;
  const statement = buildStatement(plan, { preferences, range, maxRows });
  const readOnly = isReadOnly(plan);
  if (plan.mediaType.kind === 'plan') {
    const [lines] = await execute([statement], readOnly);
    return respondPlan(plan.mediaType, request, readTextLines(lines));
  }
  const asksPlanner =
    plan.kind === 'read' && (preferences.count === 'planned' || preferences.count === 'estimated');
  const statements = asksPlanner ? [statement, buildPlannedCount(plan)] : [statement];
  const judge = needsJudging(plan, request)
    ? ([rows]: readonly Rows[]) => checkResult(plan, request, readResult(rows))
    : undefined;
  const [rows, planned] = await execute(statements, readOnly, judge);
  const result = readResult(rows);
  const total = asksPlanner ? estimateTotal(request, result, planned, maxRows) : result.total;
  return respond(plan, request, { ...result, total }, settings.errorVerbosity);
}

/** Whether the transaction is read-only: then what a function tries to write is refused. */
function isReadOnly(plan: CrudPlan): boolean {
  if (plan.kind === 'read') return true;
  if (plan.kind === 'mutate') return false;
  return plan.method !== 'post' || plan.call.routine.volatility !== 'volatile';
}

function needsJudging(plan: CrudPlan, { preferences }: ApiRequest): boolean {
  if (plan.mediaType.kind === 'singular') return true;
  if (plan.kind === 'mutate' && plan.mutation === 'upsert') return true;
  return plan.kind !== 'read' && preferences.maxAffected !== undefined && preferences.handling === 'strict';
}

/** @throws RestError, by which the transaction is rolled back */
function checkResult(plan: CrudPlan, { preferences }: ApiRequest, { page }: StatementResult): void {
  if (plan.kind === 'mutate' && plan.mutation === 'upsert') {
    if (page !== 1) throw putPrimaryKeyMismatch();
    return;
  }
  if (plan.mediaType.kind === 'singular' && page !== 1) throw notSingular(page);
  const mayExceed =
    plan.kind === 'call' ||
    (plan.kind === 'mutate' && (plan.mutation === 'update' || plan.mutation === 'delete'));
  const { maxAffected, handling } = preferences;
  if (mayExceed && handling === 'strict' && maxAffected !== undefined && page > maxAffected)
    throw maxAffectedExceeded(page);
}

/** The planner's number for `planned`; for `estimated` only when there are more rows than one answer may have. */
function estimateTotal(
  { preferences }: ApiRequest,
  { total }: StatementResult,
  planned: Rows | undefined,
  maxRows: number | undefined,
): number | undefined {
  const plans = JSON.parse(readTextLines(planned)) as { Plan?: { 'Plan Rows'?: number } }[];
  const estimate = plans[0]?.Plan?.['Plan Rows'];
  if (preferences.count === 'planned') return estimate;
  // As PostgREST: without a limit every number of rows is beyond it.
  const isBeyond = total !== undefined && (maxRows === undefined || total > maxRows);
  return isBeyond && estimate !== undefined ? Math.max(total, estimate) : total;
}

function endOfTransaction({ preferences }: ApiRequest, rollbackByDefault: boolean): 'commit' | 'rollback' {
  return preferences.tx ?? (rollbackByDefault ? 'rollback' : 'commit');
}

/** A time zone that PostgreSQL does not know counts as an unknown preference. As PostgREST up to 14. */
async function withKnownTimezone(request: ApiRequest, context: RequestContext): Promise<ApiRequest> {
  const { preferences } = request;
  const { timezone, invalid } = preferences;
  if (timezone === undefined || (await context.timezones()).has(timezone)) return request;
  return {
    ...request,
    preferences: {
      ...preferences,
      timezone: undefined,
      invalid: [...invalid, `timezone=${timezone}`],
    },
  };
}

function toRestError(error: unknown, authenticated: boolean): unknown {
  if (isDatabaseError(error)) return fromDatabaseError(error, authenticated);
  if (!(error instanceof ConnectionError)) return error;
  const connecting = error.phase === 'connect';
  return new RestError(503, {
    code: connecting ? 'PGRST000' : 'PGRST001',
    message: connecting ? 'Database connection error.' : 'Database client error. Retrying the connection.',
    details: error.message,
  });
}
