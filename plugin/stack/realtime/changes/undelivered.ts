import type { Observations, UndeliveredReason } from '../../../shared/observations.ts';
import type { CommittedChange } from '../wal/change-queue.ts';
import type { BoundFilter } from './filters.ts';
import type { RelationInfo } from './relation-info.ts';
import type { ChangeSubscriber } from './subscriber.ts';

/** Reports a change that none of a table's subscribers received, with one of them as the example. */
export function reportUndelivered(
  observations: Observations,
  { type, relation, row, oldRow }: CommittedChange,
  info: RelationInfo,
  { topicName, claims }: ChangeSubscriber,
  why: UndeliveredReason,
): void {
  const key = info.primaryKey.map((at) => [info.columns[at]?.name ?? '', (row ?? oldRow)?.[at] ?? null]);
  observations.emit({
    kind: 'realtime',
    event: 'change-undelivered',
    schema: relation.schema,
    table: relation.table,
    type,
    key: Object.fromEntries(key) as Record<string, string | null>,
    why,
    topic: topicName.slice('realtime:'.length),
    caller: { role: claims.role, claims: { ...claims } },
  });
}

/** A filter whose value was not logged, as the client wrote it. */
export function describeFilter({ column, op, value, negate }: BoundFilter): UndeliveredReason {
  return { kind: 'filter', filter: `${column}=${negate ? 'not.' : ''}${op}.${value}`, column };
}
