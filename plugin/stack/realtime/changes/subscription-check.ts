// supabase/realtime v2.129.8 lib/extensions/postgres_cdc_rls/subscriptions.ex
import type pg from 'pg';
import { errorMessage } from '../../../shared/errors.ts';
import { isConnectionLoss } from '../../postgres/connection-loss.ts';
import type { ChangeRequest } from './bindings.ts';
import { inspect, inspectTuple } from './inspect.ts';
import type { ChangeSubscriber } from './subscriber.ts';

/** A subscription that the database refuses. The message is the one that Realtime sends. */
export class SubscriptionError extends Error {
  override readonly name = 'SubscriptionError';
  /** The binding that is refused; undefined for one that cannot be read. */
  readonly request: ChangeRequest | undefined;

  constructor(message: string, request?: ChangeRequest) {
    super(message);
    this.request = request;
  }
}

/**
 * Checks all bindings of a subscriber against the database.
 *
 * @throws SubscriptionError for the first invalid binding, which disables all of them, or the connection's error
 */
export async function checkSubscription(
  pool: pg.Pool,
  { bindings, claims }: ChangeSubscriber,
  publication: string,
): Promise<void> {
  for (const { request } of bindings) {
    if ('error' in request) throw new SubscriptionError(request.error);
  }
  for (const { request } of bindings) {
    if (!('error' in request)) await checkRequest(pool, request, claims.role, publication);
  }
}

async function checkRequest(
  pool: pg.Pool,
  request: ChangeRequest,
  role: string,
  publication: string,
): Promise<void> {
  const { schema, table, filters, select } = request;
  const query = {
    name: 'check_subscription',
    text: `select _realtime.check_subscription($1, $2, $3, $4, $5, $6, current_setting('search_path')) as tables`,
    values: [publication, schema, table, role, JSON.stringify(filters), select ?? null],
  };
  const { rows } = await pool.query<{ tables: number }>(query).catch((error: unknown) => {
    if (isConnectionLoss(error)) throw error;
    throw new SubscriptionError(
      `${UNABLE} An exception happened so please check your connect parameters: [${describe(request)}]. Exception: ${describeSqlError(error)}`,
      request,
    );
  });
  if (!rows[0]?.tables) {
    throw new SubscriptionError(
      `${UNABLE} Please check Realtime is enabled for the given connect parameters: [${describe(request)}]`,
      request,
    );
  }
}

const UNABLE = 'Unable to subscribe to changes with given parameters.';

function describe({ event, schema, table, filters, select }: ChangeRequest): string {
  const tuples = filters.map(({ column, op, value, negate }) => inspectTuple([column, op, value, negate]));
  return `event: ${event}, schema: ${schema}, table: ${table}, filters: [${tuples.join(', ')}], select: ${inspect(select)}`;
}

// Names that Realtime's database driver (postgrex) gives to SQLSTATEs.
const CONDITIONS: Readonly<Record<string, string>> = {
  '22003': 'numeric_value_out_of_range',
  '22007': 'invalid_datetime_format',
  '22008': 'datetime_field_overflow',
  '22023': 'invalid_parameter_value',
  '22P02': 'invalid_text_representation',
  '42501': 'insufficient_privilege',
  '42704': 'undefined_object',
  '42804': 'datatype_mismatch',
  '42846': 'cannot_coerce',
  '42883': 'undefined_function',
  P0001: 'raise_exception',
};

function describeSqlError(error: unknown): string {
  const message = errorMessage(error);
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return message;
  const name = CONDITIONS[error.code];
  return `ERROR ${error.code}${name === undefined ? '' : ` (${name})`} ${message}`;
}
