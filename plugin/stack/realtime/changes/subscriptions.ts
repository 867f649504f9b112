import type pg from 'pg';
import { isConnectionLoss } from '../../postgres/connection-loss.ts';
import type { CommittedChange } from '../wal/change-queue.ts';
import type { Relation } from '../wal/pgoutput.ts';
import type { ChangeBinding, ChangeRequest } from './bindings.ts';
import type { BoundFilter } from './filters.ts';
import { readRelationInfo, type RelationInfo } from './relation-info.ts';
import { Snapshot } from './snapshot.ts';
import type { ChangeSubscriber } from './subscriber.ts';

/** A binding that matches a table, bound to a version of it. */
export interface BoundBinding {
  readonly id: number;
  readonly event: ChangeRequest['event'];
  readonly filters: readonly BoundFilter[];
  readonly select: readonly string[] | undefined;
}

/** A subscriber's bindings that match one table. */
export interface Subscription {
  readonly subscriber: ChangeSubscriber;
  /** When it subscribed: it receives the changes that this snapshot does not include. */
  readonly snapshot: Snapshot;
  /** In reverse order of the join, as Realtime lists the ids of a message. */
  readonly bindings: readonly BoundBinding[];
}

/** A version of a table with the subscriptions that match it. */
export interface WatchedRelation {
  readonly info: RelationInfo;
  readonly subscriptions: readonly Subscription[];
}

/** All subscribers, and which of their bindings match which table. */
export class Subscriptions {
  readonly #pool: pg.Pool;
  readonly #subscribers = new Map<ChangeSubscriber, Snapshot>();
  /** Discarded whenever a subscriber is added, removed or has a new token. */
  #byRelation = new Map<Relation, Promise<readonly Subscription[]>>();
  readonly #infos = new WeakMap<Relation, Promise<RelationInfo>>();

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  [Symbol.iterator](): IterableIterator<ChangeSubscriber> {
    return this.#subscribers.keys();
  }

  has(subscriber: ChangeSubscriber): boolean {
    return this.#subscribers.has(subscriber);
  }

  /** Adds a subscriber. It receives every change that is not visible now, exactly once. */
  async add(subscriber: ChangeSubscriber): Promise<void> {
    const { rows } = await this.#pool.query<{ snapshot: string }>(
      'select pg_current_snapshot()::text as snapshot',
    );
    if (!subscriber.isJoined || !rows[0]) return;
    this.#subscribers.set(subscriber, new Snapshot(rows[0].snapshot));
    this.#byRelation = new Map();
  }

  /** Binds all filters again: which columns they may use depends on the role, which a new token may have changed. */
  rebind(): void {
    this.#byRelation = new Map();
  }

  delete(subscriber: ChangeSubscriber): void {
    if (this.#subscribers.delete(subscriber)) this.#byRelation = new Map();
  }

  isWanted(relation: Relation): boolean {
    for (const { bindings } of this.#subscribers.keys()) {
      if (bindings.some((binding) => matches(binding, relation))) return true;
    }
    return false;
  }

  /** The subscriptions to the table of a change; undefined when there are none. */
  async watch({ relation, xid }: CommittedChange): Promise<WatchedRelation | undefined> {
    let subscriptions = this.#byRelation.get(relation);
    if (!subscriptions) {
      subscriptions = this.#awaitTransaction(xid).then(() => this.#bind(relation));
      this.#byRelation.set(relation, subscriptions);
      subscriptions.catch(() => this.#byRelation.delete(relation));
    }
    const bound = await subscriptions;
    return bound.length === 0 ? undefined : { info: await this.#info(relation), subscriptions: bound };
  }

  /** The transaction of a table's first change may also have created the table. */
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

  async #bind(relation: Relation): Promise<readonly Subscription[]> {
    const subscriptions: Subscription[] = [];
    for (const [subscriber, snapshot] of this.#subscribers) {
      const bindings: BoundBinding[] = [];
      for (const binding of subscriber.bindings.toReversed()) {
        if (!matches(binding, relation)) continue;
        const filters = await this.#bindFilters(relation, subscriber.claims.role, binding.request);
        const { event, select } = binding.request;
        if (filters) bindings.push({ id: binding.id, event, filters, select });
      }
      if (bindings.length > 0) subscriptions.push({ subscriber, snapshot, bindings });
    }
    return subscriptions;
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
        text: `select _realtime.check_filters($1, $2, $3, null, current_setting('search_path')) as operands`,
        values: [relation.oid, role, JSON.stringify(filters)],
      })
      .catch((error: unknown) => {
        if (isConnectionLoss(error)) throw error;
        return { rows: [] };
      });
    const operands = rows[0]?.operands;
    if (!operands) return undefined;
    return filters.map((filter, i) => ({
      ...filter,
      position: relation.columns.findIndex(({ name }) => name === filter.column),
      operand: operands[i] ?? filter.value,
    }));
  }
}

function matches(
  binding: ChangeBinding,
  relation: Relation,
): binding is ChangeBinding & { request: ChangeRequest } {
  const { request } = binding;
  if ('error' in request) return false;
  const isOneOf = (pattern: string, name: string): boolean => pattern === '*' || pattern === name;
  return isOneOf(request.schema, relation.schema) && isOneOf(request.table, relation.table);
}
