import type pg from 'pg';
import type { Observations } from '../../../shared/observations.ts';
import type { CommittedChange } from '../wal/change-queue.ts';
import { compareInDatabase, compareLocally, filteredValue, type Comparison } from './filters.ts';
import type { ChangeSubscriber } from './subscriber.ts';
import type { BoundBinding, Subscription, Subscriptions, WatchedRelation } from './subscriptions.ts';
import { describeFilter, reportUndelivered } from './undelivered.ts';
import { viewerOf, type Viewer } from './visibility.ts';

/** A change that passed the filters of at least one subscriber. */
export interface Candidate {
  readonly change: CommittedChange;
  readonly watched: WatchedRelation;
  readonly recipients: readonly Recipient[];
}

export interface Recipient {
  readonly subscriber: ChangeSubscriber;
  /** Captured when the change arrived: the token may be replaced during the visibility check. */
  readonly viewer: Viewer;
  /** The bindings whose filters the change passed. */
  readonly bindings: readonly BoundBinding[];
}

/** A binding whose filters may still need the database's answers. */
interface Test {
  readonly subscription: Subscription;
  readonly binding: BoundBinding;
  /** One result per filter; a number is the index of the database's answer. */
  readonly results: readonly (boolean | number)[];
}

/** Finds the recipients of each change, by table, event, time and filters: at most one round trip for the filters. */
export async function findCandidates(
  pool: pg.Pool,
  subscriptions: Subscriptions,
  batch: readonly CommittedChange[],
  observations: Observations,
): Promise<Candidate[]> {
  const comparisons: Comparison[] = [];
  const undecided: { change: CommittedChange; watched: WatchedRelation; tests: Test[] }[] = [];
  for (const change of batch) {
    const watched = await subscriptions.watch(change);
    if (!watched) continue;
    const active = watched.subscriptions.filter(({ snapshot }) => !snapshot.includes(change.xid));
    const tests = active.flatMap((subscription) =>
      subscription.bindings
        .filter(({ event }) => event === '*' || event === change.type)
        .map((binding) => ({
          subscription,
          binding,
          results: testFilters(change, watched, binding, comparisons),
        })),
    );
    if (tests.length > 0) undecided.push({ change, watched, tests });
  }
  const answers = await compareInDatabase(pool, comparisons);
  return undecided.flatMap(({ change, watched, tests }) => {
    const recipients = findRecipients(tests, answers);
    if (recipients.length > 0) return [{ change, watched, recipients }];
    if (observations.isActive) reportFiltered(observations, change, watched, tests, answers);
    return [];
  });
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

/** Reports a change that passed nobody's filters because one of them reads a value that was not logged. */
function reportFiltered(
  observations: Observations,
  change: CommittedChange,
  { info }: WatchedRelation,
  [test]: readonly Test[],
  answers: readonly boolean[],
): void {
  const failing = test?.results.findIndex((result) => !isPassed(result, answers));
  const filter = test?.binding.filters[failing ?? -1];
  // That another row is not the one that somebody waits for is the purpose of a filter.
  if (!test || !filter || filteredValue(filter, change.row, change.oldRow) !== undefined) return;
  reportUndelivered(observations, change, info, test.subscription.subscriber, describeFilter(filter));
}

/** Whether a filter is passed: known already, or an answer of the database. */
function isPassed(result: boolean | number, answers: readonly boolean[]): boolean {
  return typeof result === 'number' ? answers[result] === true : result;
}

function findRecipients(tests: readonly Test[], answers: readonly boolean[]): Recipient[] {
  const passed = new Map<Subscription, BoundBinding[]>();
  for (const { subscription, binding, results } of tests) {
    if (!results.every((result) => isPassed(result, answers))) continue;
    const bindings = passed.get(subscription);
    if (bindings) bindings.push(binding);
    else passed.set(subscription, [binding]);
  }
  return [...passed].map(([{ subscriber }, bindings]) => ({
    subscriber,
    viewer: viewerOf(subscriber.claims),
    bindings,
  }));
}
