import type pg from 'pg';
import type { Logger } from '../../../shared/logger.ts';
import type { Channel } from '../connection/channel.ts';
import type { Frame } from '../protocol/frame.ts';
import type { ClientSocket } from '../connection/socket.ts';
import type { CommittedChange } from '../wal/change-queue.ts';
import type { Relation } from '../wal/pgoutput.ts';
import { composeData, composeError, encodeChanges, type EncodedChange } from './compose.ts';
import { compareInDatabase, compareLocally, filteredValue, type Comparison } from './filters.ts';
import type { BoundBinding, Subscriber, Subscriptions, WatchedRelation } from './subscriptions.ts';
import { checkVisibility, viewerOf, type Viewer, type Visibility, type VisibilityJob } from './visibility.ts';

export interface Delivery {
  readonly pool: pg.Pool;
  readonly subscriptions: Subscriptions;
  readonly maxRecordBytes: number;
  readonly logger: Logger;
}

/** A change that passed the filters of somebody. */
interface Candidate {
  readonly change: CommittedChange;
  readonly watched: WatchedRelation;
  readonly receivers: readonly Receiver[];
}

interface Receiver {
  readonly channel: Channel;
  /** Who it was when the change came: its token may be replaced while the database is asked. */
  readonly viewer: Viewer;
  readonly bindings: readonly BoundBinding[];
}

// Beyond this, delivery waits for a receiver; one that reads nothing for so long is cut off.
const HIGH_WATER_BYTES = 1024 * 1024;
const DRAIN_TIMEOUT_MS = 5_000;

/** Delivers changes in their order to those whose filters they pass and who may see them. */
export async function deliverChanges(delivery: Delivery, batch: readonly CommittedChange[]): Promise<void> {
  const candidates = await findCandidates(delivery, batch);
  if (candidates.length === 0) return;
  const failures = new Set<string>();
  const [visibilities, encoded] = await Promise.all([
    checkVisibility(delivery.pool, groupByRelation(candidates), (relation, message) =>
      failures.add(`${relation.schema}.${relation.table}: ${message}`),
    ),
    encodeChanges(
      delivery.pool,
      candidates.map(({ change, watched: { info } }) => ({ change, info })),
      delivery.maxRecordBytes,
    ),
  ]);
  for (const failure of failures)
    delivery.logger.warn(`Realtime: a policy failed, rows stay hidden: ${failure}`);
  const touched = new Set<ClientSocket>();
  for (const [i, candidate] of candidates.entries()) {
    const change = encoded[i];
    const visibility = visibilities.get(candidate.change.relation);
    if (change && visibility) send(candidate, change, visibility, touched);
  }
  await waitForSlowReceivers(touched);
}

async function findCandidates(
  { pool, subscriptions }: Delivery,
  batch: readonly CommittedChange[],
): Promise<Candidate[]> {
  const comparisons: Comparison[] = [];
  const undecided: { change: CommittedChange; watched: WatchedRelation; tests: Test[] }[] = [];
  for (const change of batch) {
    const watched = await subscriptions.watch(change);
    if (!watched) continue;
    const late = watched.subscribers.filter(({ snapshot }) => !snapshot.sees(change.xid));
    const tests = late.flatMap((subscriber) =>
      subscriber.bindings
        .filter(({ event }) => event === '*' || event === change.type)
        .map((binding) => ({
          subscriber,
          binding,
          results: testFilters(change, watched, binding, comparisons),
        })),
    );
    if (tests.length > 0) undecided.push({ change, watched, tests });
  }
  const answers = await compareInDatabase(pool, comparisons);
  return undecided.flatMap(({ change, watched, tests }) => {
    const receivers = new Map<Subscriber, BoundBinding[]>();
    for (const { subscriber, binding, results } of tests) {
      if (!results.every((result) => (typeof result === 'number' ? answers[result] : result))) continue;
      const bindings = receivers.get(subscriber);
      if (bindings) bindings.push(binding);
      else receivers.set(subscriber, [binding]);
    }
    if (receivers.size === 0) return [];
    const list = [...receivers].map(([{ channel }, bindings]) => ({
      channel,
      viewer: viewerOf(channel.claims),
      bindings,
    }));
    return [{ change, watched, receivers: list }];
  });
}

interface Test {
  readonly subscriber: Subscriber;
  readonly binding: BoundBinding;
  /** Of each filter; a number is the position of the database's answer. */
  readonly results: readonly (boolean | number)[];
}

function testFilters(
  change: CommittedChange,
  { info }: WatchedRelation,
  binding: BoundBinding,
  comparisons: Comparison[],
): (boolean | number)[] {
  return binding.filters.map((filter) => {
    const value = filteredValue(filter, change.row, change.oldRow);
    if (value === undefined) return false;
    const result = compareLocally(filter, info, value);
    if (result !== undefined) return result;
    const typeOid = info.columns[filter.position]?.typeOid ?? 0;
    return comparisons.push({ filter, typeOid, value }) - 1;
  });
}

function groupByRelation(candidates: readonly Candidate[]): VisibilityJob[] {
  const jobs = new Map<
    Relation,
    { info: WatchedRelation['info']; changes: CommittedChange[]; viewers: Map<string, Viewer> }
  >();
  for (const { change, watched, receivers } of candidates) {
    let job = jobs.get(change.relation);
    if (!job) jobs.set(change.relation, (job = { info: watched.info, changes: [], viewers: new Map() }));
    job.changes.push(change);
    for (const { viewer } of receivers) job.viewers.set(viewer.key, viewer);
  }
  return [...jobs].map(([relation, { info, changes, viewers }]) => ({
    relation,
    info,
    changes,
    viewers: [...viewers.values()],
  }));
}

function send(
  { change, watched, receivers }: Candidate,
  encoded: EncodedChange,
  visibilities: ReadonlyMap<string, Visibility>,
  touched: Set<ClientSocket>,
): void {
  const data = new Map<string, string>();
  const frames = new Map<string, Frame>();
  for (const { channel, viewer, bindings } of receivers) {
    const visibility = visibilities.get(viewer.key);
    if (!visibility || !channel.topic) continue;
    const error = findError(change, watched, visibility);
    if (error === undefined && !visibility.isVisible(change)) continue;
    for (const [select, ids] of groupBySelect(bindings)) {
      const dataKey = `${viewer.role}\0${select?.join('\0') ?? '*'}`;
      let json = data.get(dataKey);
      if (json === undefined) {
        json = error === undefined ? composeData(encoded, visibility, select) : composeError(change, error);
        data.set(dataKey, json);
      }
      const { serializer } = channel.socket;
      const frameKey = `${serializer.version}\0${channel.topicName}\0${channel.config.isOldApi}\0${ids.join()}\0${dataKey}`;
      let frame = frames.get(frameKey);
      if (!frame) {
        frame = channel.config.isOldApi
          ? serializer.push(null, null, channel.topicName, change.type, json)
          : serializer.push(
              null,
              null,
              channel.topicName,
              'postgres_changes',
              `{"data":${json},"ids":[${ids.join()}]}`,
            );
        frames.set(frameKey, frame);
      }
      channel.socket.write(frame);
      touched.add(channel.socket);
    }
  }
}

/** Without a primary key nobody can look the row up; without the right to read it the role cannot. */
function findError(
  { type }: CommittedChange,
  { info }: WatchedRelation,
  visibility: Visibility,
): string | undefined {
  if (type === 'DELETE') return undefined;
  if (info.primaryKey.length === 0) return 'Error 400: Bad Request, no primary key';
  const isReadable = info.primaryKey.every((i) => visibility.columns.has(info.columns[i]?.name ?? ''));
  return isReadable ? undefined : 'Error 401: Unauthorized';
}

/** One message for all bindings that want the same columns. */
function groupBySelect(bindings: readonly BoundBinding[]): Map<readonly string[] | undefined, number[]> {
  const groups = new Map<string, { select: readonly string[] | undefined; ids: number[] }>();
  for (const { id, select } of bindings) {
    const key = select?.join('\0') ?? '*';
    const group = groups.get(key);
    if (group) group.ids.push(id);
    else groups.set(key, { select, ids: [id] });
  }
  return new Map([...groups.values()].map(({ select, ids }) => [select, ids]));
}

/** Delivery waits for those who are behind, but not for those who do not read at all. */
async function waitForSlowReceivers(sockets: Iterable<ClientSocket>): Promise<void> {
  const slow = [...sockets].filter((socket) => socket.bufferedBytes > HIGH_WATER_BYTES);
  await Promise.all(slow.map((socket) => socket.drain(DRAIN_TIMEOUT_MS)));
}
