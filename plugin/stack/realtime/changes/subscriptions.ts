import type pg from 'pg';
import { errorMessage } from '../../../shared/errors.ts';
import type { Channel } from '../connection/channel.ts';
import type { CommittedChange } from '../wal/change-queue.ts';
import type { Relation } from '../wal/pgoutput.ts';
import type { ChangeBinding, ChangeRequest } from './bindings.ts';
import type { BoundFilter } from './filters.ts';
import { inspect, inspectTuple } from './inspect.ts';
import { readRelationInfo, type RelationInfo } from './relation-info.ts';
import { Snapshot } from './snapshot.ts';

/** A binding of a channel that concerns a table. */
export interface BoundBinding {
  readonly id: number;
  readonly event: ChangeRequest['event'];
  readonly filters: readonly BoundFilter[];
  readonly select: readonly string[] | undefined;
}

export interface Subscriber {
  readonly channel: Channel;
  /** The moment since when it is told of changes. */
  readonly snapshot: Snapshot;
  /** In the reverse order of the join, as Supabase Realtime lists the ids of a message. */
  readonly bindings: readonly BoundBinding[];
}

/** A version of a table with everybody who wants to know of its changes. */
export interface WatchedRelation {
  readonly info: RelationInfo;
  readonly subscribers: readonly Subscriber[];
}

/** Why a subscription is refused, in the original's words. */
export class SubscriptionError extends Error {
  override readonly name = 'SubscriptionError';
}

/** The channels that subscribe to changes, and what of each table concerns whom. */
export class Subscriptions {
  readonly #pool: pg.Pool;
  readonly #channels = new Map<Channel, Snapshot>();
  /** Forgotten whenever somebody comes, goes or has another token. */
  #subscribers = new Map<Relation, Promise<readonly Subscriber[]>>();
  readonly #infos = new WeakMap<Relation, Promise<RelationInfo>>();

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  [Symbol.iterator](): IterableIterator<Channel> {
    return this.#channels.keys();
  }

  has(channel: Channel): boolean {
    return this.#channels.has(channel);
  }

  /** Adds a channel that is told of what its moment has not seen, and nothing twice. */
  async add(channel: Channel): Promise<void> {
    const { rows } = await this.#pool.query<{ snapshot: string }>(
      'select pg_current_snapshot()::text as snapshot',
    );
    if (!channel.topic || !rows[0]) return;
    this.#channels.set(channel, new Snapshot(rows[0].snapshot));
    this.#subscribers = new Map();
  }

  /** What a channel's filters may look at depends on its role, which a new token may have changed. */
  rebind(): void {
    this.#subscribers = new Map();
  }

  delete(channel: Channel): void {
    if (this.#channels.delete(channel)) this.#subscribers = new Map();
  }

  isWanted(relation: Relation): boolean {
    for (const { bindings } of this.#channels.keys()) {
      if (bindings.some((binding) => matches(binding, relation))) return true;
    }
    return false;
  }

  /** Undefined when nobody wants to know of this table. */
  async watch({ relation, xid }: CommittedChange): Promise<WatchedRelation | undefined> {
    let subscribers = this.#subscribers.get(relation);
    if (!subscribers) {
      subscribers = this.#awaitTransaction(xid).then(() => this.#bind(relation));
      this.#subscribers.set(relation, subscribers);
      subscribers.catch(() => this.#subscribers.delete(relation));
    }
    const bound = await subscribers;
    return bound.length === 0 ? undefined : { info: await this.#info(relation), subscribers: bound };
  }

  /** The change may be the first of a table that the same transaction made. */
  async #awaitTransaction(xid: number): Promise<void> {
    await this.#pool.query('select _realtime.await_transactions($1)', [[xid]]);
  }

  #info(relation: Relation): Promise<RelationInfo> {
    let info = this.#infos.get(relation);
    if (!info) {
      info = readRelationInfo(this.#pool, relation);
      this.#infos.set(relation, info);
      info.catch(() => this.#infos.delete(relation));
    }
    return info;
  }

  async #bind(relation: Relation): Promise<readonly Subscriber[]> {
    const subscribers: Subscriber[] = [];
    for (const [channel, snapshot] of this.#channels) {
      const bindings: BoundBinding[] = [];
      for (const binding of channel.bindings.toReversed()) {
        if (!matches(binding, relation)) continue;
        const filters = await this.#bindFilters(relation, channel.claims.role, binding.request);
        const { event, select } = binding.request;
        if (filters) bindings.push({ id: binding.id, event, filters, select });
      }
      if (bindings.length > 0) subscribers.push({ channel, snapshot, bindings });
    }
    return subscribers;
  }

  /** Undefined when the filters do not fit this version of the table. */
  async #bindFilters(
    relation: Relation,
    role: string,
    { filters }: ChangeRequest,
  ): Promise<readonly BoundFilter[] | undefined> {
    if (filters.length === 0) return [];
    const { rows } = await this.#pool
      .query<{ operands: BoundFilter['operand'][] }>({
        name: 'bind_filters',
        text: 'select _realtime.check_filters($1, $2, $3, null) as operands',
        values: [relation.oid, role, JSON.stringify(filters)],
      })
      .catch(() => ({ rows: [] }));
    const operands = rows[0]?.operands;
    if (!operands) return undefined;
    return filters.map((filter, i) => ({
      ...filter,
      position: relation.columns.findIndex(({ name }) => name === filter.column),
      operand: operands[i] ?? filter.value,
    }));
  }

  /**
   * Asks the database whether a channel's bindings are possible.
   *
   * @throws SubscriptionError for the first that is not; one bad binding disables all of a channel
   */
  async check(channel: Channel, publication: string): Promise<void> {
    for (const { request } of channel.bindings) {
      if ('error' in request) throw new SubscriptionError(request.error);
    }
    for (const { request } of channel.bindings) {
      if (!('error' in request)) await this.#checkRequest(request, channel.claims.role, publication);
    }
  }

  async #checkRequest(request: ChangeRequest, role: string, publication: string): Promise<void> {
    const { schema, table, filters, select } = request;
    const query = {
      name: 'check_subscription',
      text: 'select _realtime.check_subscription($1, $2, $3, $4, $5, $6) as tables',
      values: [publication, schema, table, role, JSON.stringify(filters), select ?? null],
    };
    const { rows } = await this.#pool.query<{ tables: number }>(query).catch((error: unknown) => {
      throw new SubscriptionError(
        `${UNABLE} An exception happened so please check your connect parameters: [${describe(request)}]. Exception: ${describeSqlError(error)}`,
      );
    });
    if (!rows[0]?.tables) {
      throw new SubscriptionError(
        `${UNABLE} Please check Realtime is enabled for the given connect parameters: [${describe(request)}]`,
      );
    }
  }
}

const UNABLE = 'Unable to subscribe to changes with given parameters.';

function matches(
  binding: ChangeBinding,
  relation: Relation,
): binding is ChangeBinding & { request: ChangeRequest } {
  const { request } = binding;
  if ('error' in request) return false;
  const isOneOf = (pattern: string, name: string): boolean => pattern === '*' || pattern === name;
  return isOneOf(request.schema, relation.schema) && isOneOf(request.table, relation.table);
}

function describe({ event, schema, table, filters, select }: ChangeRequest): string {
  const tuples = filters.map(({ column, op, value, negate }) => inspectTuple([column, op, value, negate]));
  return `event: ${event}, schema: ${schema}, table: ${table}, filters: [${tuples.join(', ')}], select: ${inspect(select)}`;
}

// Names that Supabase Realtime's database driver gives to SQLSTATEs.
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
