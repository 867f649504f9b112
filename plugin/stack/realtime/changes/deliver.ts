// supabase/realtime v2.129.8 lib/extensions/postgres_cdc_rls/message_dispatcher.ex
import type pg from 'pg';
import type { Logger } from '../../../shared/logger.ts';
import type { Observations } from '../../../shared/observations.ts';
import type { Frame } from '../protocol/frame.ts';
import type { Link } from '../protocol/link.ts';
import type { CommittedChange } from '../wal/change-queue.ts';
import type { Relation } from '../wal/pgoutput.ts';
import { findCandidates, type Candidate } from './candidates.ts';
import { composeData, composeError, encodeChanges, type EncodedChange } from './compose.ts';
import type { ChangeSubscriber } from './subscriber.ts';
import type { BoundBinding, Subscriptions, WatchedRelation } from './subscriptions.ts';
import { reportUndelivered } from './undelivered.ts';
import { checkVisibility, type Viewer, type Visibility, type VisibilityJob } from './visibility.ts';

export interface Delivery {
  readonly pool: pg.Pool;
  readonly subscriptions: Subscriptions;
  readonly maxRecordBytes: number;
  readonly logger: Logger;
  readonly observations: Observations;
}

// Delivery waits for a client with more unread bytes; one that reads nothing for this long is disconnected.
const HIGH_WATER_BYTES = 1024 * 1024;
const DRAIN_TIMEOUT_MS = 5_000;

/**
 * Sends changes, in order, to the subscribers whose filters they pass and who may see them.
 *
 * At most three round trips for the whole batch (filters, then visibility and encoding at the same time), besides those for
 * the first change of a table.
 */
export async function deliverChanges(delivery: Delivery, batch: readonly CommittedChange[]): Promise<void> {
  const { pool, subscriptions, maxRecordBytes, logger, observations } = delivery;
  const candidates = await findCandidates(pool, subscriptions, batch, observations);
  if (candidates.length === 0) return;
  const failures = new Set<string>();
  const [visibilities, encoded] = await Promise.all([
    checkVisibility(pool, groupByRelation(candidates), (relation, message) =>
      failures.add(`${relation.schema}.${relation.table}: ${message}`),
    ),
    encodeChanges(
      pool,
      candidates.map(({ change, watched: { info } }) => ({ change, info })),
      maxRecordBytes,
    ),
  ]);
  for (const failure of failures) logger.warn(`Realtime: a policy failed, rows stay hidden: ${failure}`);
  const links = new Set<Link>();
  for (const [i, candidate] of candidates.entries()) {
    const change = encoded[i];
    const visibility = visibilities.get(candidate.change.relation);
    if (!change || !visibility) continue;
    const isSent = send(candidate, change, visibility, links);
    const [example] = candidate.recipients;
    if (isSent || !example || !observations.isActive) continue;
    const { change: undelivered, watched } = candidate;
    reportUndelivered(observations, undelivered, watched.info, example.subscriber, {
      kind: 'policy',
      isFiltered: example.bindings.some(({ filters }) => filters.length > 0),
    });
  }
  await waitForSlowClients(links);
}

function groupByRelation(candidates: readonly Candidate[]): VisibilityJob[] {
  const jobs = new Map<
    Relation,
    { info: WatchedRelation['info']; changes: CommittedChange[]; viewers: Map<string, Viewer> }
  >();
  for (const { change, watched, recipients } of candidates) {
    let job = jobs.get(change.relation);
    if (!job) jobs.set(change.relation, (job = { info: watched.info, changes: [], viewers: new Map() }));
    job.changes.push(change);
    for (const { viewer } of recipients) job.viewers.set(viewer.key, viewer);
  }
  return [...jobs].map(([relation, { info, changes, viewers }]) => ({
    relation,
    info,
    changes,
    viewers: [...viewers.values()],
  }));
}

/**
 * Sends one change. Data and frames are serialized once for all recipients that receive the same.
 *
 * @returns whether anybody received it
 */
function send(
  { change, watched, recipients }: Candidate,
  encoded: EncodedChange,
  visibilities: ReadonlyMap<string, Visibility>,
  links: Set<Link>,
): boolean {
  let isSent = false;
  const data = new Map<string, string>();
  const frames = new Map<string, Frame>();
  for (const { subscriber, viewer, bindings } of recipients) {
    const visibility = visibilities.get(viewer.key);
    if (!visibility || !subscriber.isJoined) continue;
    const error = findError(change, watched, visibility);
    if (error === undefined && !visibility.isVisible(change)) continue;
    isSent = true;
    const { link, topicName, isOldApi } = subscriber;
    for (const [select, ids] of groupBySelect(bindings)) {
      const dataKey = `${viewer.role}\0${select?.join('\0') ?? '*'}`;
      let json = data.get(dataKey);
      if (json === undefined) {
        json = error === undefined ? composeData(encoded, visibility, select) : composeError(change, error);
        data.set(dataKey, json);
      }
      const frameKey = `${link.serializer.version}\0${topicName}\0${isOldApi}\0${ids.join()}\0${dataKey}`;
      let frame = frames.get(frameKey);
      if (!frame) frames.set(frameKey, (frame = encodeFrame(subscriber, change, ids, json)));
      link.write(frame);
      links.add(link);
    }
  }
  return isSent;
}

function encodeFrame(
  { link: { serializer }, topicName, isOldApi }: ChangeSubscriber,
  { type }: CommittedChange,
  ids: readonly number[],
  json: string,
): Frame {
  if (isOldApi) return serializer.push(null, null, topicName, type, json);
  const payload = `{"data":${json},"ids":[${ids.join()}]}`;
  return serializer.push(null, null, topicName, 'postgres_changes', payload);
}

/** A row without a primary key, or whose key the role may not read, cannot be looked up to check its policies. */
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

/** Groups the ids of bindings that select the same columns: one message each. */
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

/** Waits for clients that are behind; one that does not read at all is disconnected. */
async function waitForSlowClients(links: Iterable<Link>): Promise<void> {
  const slow = [...links].filter((link) => link.bufferedBytes > HIGH_WATER_BYTES);
  await Promise.all(slow.map((link) => link.drain(DRAIN_TIMEOUT_MS)));
}
