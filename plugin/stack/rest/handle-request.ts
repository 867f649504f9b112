import type { JwtVerifier } from '../jwt.ts';
import { authenticate } from './authenticate.ts';
import type { RestDatabase } from './database/rest-database.ts';
import type { EngineState } from './engine-state.ts';
import type { HttpResponse } from './http/response.ts';
import type { ServerTiming } from './http/server-timing.ts';
import { parseApiRequest, type RawRequest } from './parse/api-request.ts';
import { planAction } from './plan/action-plan.ts';
import { namedPastAlias } from './plan/read-tree.ts';
import { mayWriteUnfiltered, requireFilters } from './plan/require-filters.ts';
import type { RequestTrace } from './request-trace.ts';
import { RequestTransaction } from './request-transaction.ts';
import { withVary } from './respond/cache-headers.ts';
import { describeApi } from './respond/describe-api.ts';
import { respondInfo } from './respond/respond.ts';
import { runPlan } from './run-plan.ts';

/** What a request is handled with. */
interface RequestContext {
  readonly database: RestDatabase;
  readonly state: EngineState;
  readonly verifier: JwtVerifier | undefined;
  readonly timing: ServerTiming;
  /** Refuse updates and deletes without a filter. */
  readonly safeUpdates: boolean;
  /** Receives what becomes known of the request; undefined when nobody listens. */
  readonly trace: RequestTrace | undefined;
}

/**
 * From a request to its response: authenticate, parse, plan, run, respond.
 *
 * @throws RestError
 */
export async function handleRequest(raw: RawRequest, context: RequestContext): Promise<HttpResponse> {
  const { state, timing, trace } = context;
  const { settings, cache } = state;
  const now = Math.floor(Date.now() / 1000);
  const auth = await authenticate(raw.headers.authorization, context.verifier, settings, now);
  timing.end('jwt');
  if (trace) trace.auth = auth;
  const request = parseApiRequest(raw, {
    schemas: settings.schemas,
    allowTx: settings.txEnd.allowOverride,
    openApiEnabled: settings.openApiMode !== 'disabled',
    rootSpec: settings.rootSpec?.name,
  });
  timing.end('parse');
  if (trace) trace.request = request;
  const plan = planAction(cache, request, settings);
  timing.end('plan');
  if (trace) trace.plan = plan;
  if (context.safeUpdates) requireFilters(plan);
  if (plan.kind === 'info') return withVary(respondInfo(plan.allow));
  const routine = plan.kind === 'call' ? plan.call.routine : undefined;
  const { database } = context;
  // Written out instead of spread, which V8 is slow at for an object that then grows.
  const transaction = new RequestTransaction({
    raw,
    request,
    auth,
    routine,
    guarded: mayWriteUnfiltered(plan, state.unfilteredWriters),
    state,
    database,
    timing,
    trace,
  });
  if (plan.kind === 'inspect')
    return withVary(await describeApi(request, state, (statement) => transaction.run([statement], true)));
  return withVary(await runPlan(plan, request, settings, transaction), namedPastAlias(plan.read));
}
