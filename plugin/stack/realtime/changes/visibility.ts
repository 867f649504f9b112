import type pg from 'pg';
import type { ChannelClaims } from '../access/tokens.ts';
import { xidsOf, type CommittedChange } from '../wal/change-queue.ts';
import type { Relation } from '../wal/pgoutput.ts';
import type { RelationInfo } from './relation-info.ts';

/** A role with claims. Subscribers with equal claims see the same rows. */
export interface Viewer {
  readonly key: string;
  readonly role: string;
  /** As JSON. */
  readonly claims: string;
}

/** Changes of one table, and the viewers to check them for. */
export interface VisibilityJob {
  readonly relation: Relation;
  readonly info: RelationInfo;
  readonly changes: readonly CommittedChange[];
  readonly viewers: readonly Viewer[];
}

/** What one viewer may see of one table's changes. */
export interface Visibility {
  /** Names of the columns that the role may read. */
  readonly columns: ReadonlySet<string>;
  /** Whether the table has row level security. */
  readonly isSecured: boolean;
  isVisible(change: CommittedChange): boolean;
}

const viewers = new WeakMap<ChannelClaims, Viewer>();

export function viewerOf(claims: ChannelClaims): Viewer {
  let viewer = viewers.get(claims);
  if (!viewer) {
    const text = JSON.stringify(claims);
    viewer = { key: text, role: claims.role, claims: text };
    viewers.set(claims, viewer);
  }
  return viewer;
}

interface CheckRow {
  readonly job: number;
  readonly viewer: number;
  readonly secured: boolean;
  readonly columns: string[];
  readonly visible: number[] | null;
  readonly failure: string | null;
}

/**
 * Checks who may see which change, in one round trip: column privileges of the role, and whether the role with these
 * claims can read the changed row now. Deleted rows cannot be checked; Realtime sends them to all subscribers.
 *
 * @param onFailure called when a policy raises an error, which hides the rows from that viewer only
 * @returns by relation, then by the viewer's key; nothing for a dropped table
 */
export async function checkVisibility(
  pool: pg.Pool,
  jobs: readonly VisibilityJob[],
  onFailure: (relation: Relation, message: string) => void,
): Promise<Map<Relation, Map<string, Visibility>>> {
  const positions = jobs.map(() => new Map<CommittedChange, number>());
  const input = jobs.map(({ relation, info, changes, viewers }, j) => ({
    relation: relation.oid,
    keys: info.primaryKey.map((i) => info.columns[i]?.name),
    types: info.primaryKey.map((i) => info.columns[i]?.typeOid),
    rows: changes.flatMap((change) => {
      const { row } = change;
      if (!row || info.primaryKey.length === 0) return [];
      positions[j]?.set(change, positions[j].size + 1);
      return [info.primaryKey.map((i) => row[i] ?? null)];
    }),
    viewers: viewers.map(({ role, claims }) => ({ role, claims })),
  }));
  const { rows } = await pool.query<CheckRow>({
    name: 'check_changes',
    text: `select * from _realtime.check_changes($1, $2, current_setting('search_path'))`,
    values: [JSON.stringify(input), xidsOf(jobs.flatMap(({ changes }) => changes))],
  });
  const result = new Map<Relation, Map<string, Visibility>>();
  for (const row of rows) {
    const job = jobs[row.job];
    const viewer = job?.viewers[row.viewer];
    if (!job || !viewer) continue;
    if (row.failure !== null) onFailure(job.relation, row.failure);
    let ofRelation = result.get(job.relation);
    if (!ofRelation) result.set(job.relation, (ofRelation = new Map()));
    const visible = row.visible && new Set(row.visible);
    ofRelation.set(viewer.key, {
      columns: new Set(row.columns),
      isSecured: row.secured,
      isVisible: (change) => !visible || !change.row || visible.has(positions[row.job]?.get(change) ?? 0),
    });
  }
  return result;
}
