import type pg from 'pg';
import type { ChannelClaims } from '../access/tokens.ts';
import type { CommittedChange } from '../wal/change-queue.ts';
import type { Relation } from '../wal/pgoutput.ts';
import type { RelationInfo } from './relation-info.ts';

/** A role with claims: subscribers with equal ones see the same. */
export interface Viewer {
  readonly key: string;
  readonly role: string;
  /** As JSON. */
  readonly claims: string;
}

/** Changes of one table, and those who would like to know of them. */
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
  /** Whether row level security holds for the table. */
  readonly isSecured: boolean;
  isVisible(change: CommittedChange): boolean;
}

const claimTexts = new WeakMap<ChannelClaims, Viewer>();

export function viewerOf(claims: ChannelClaims): Viewer {
  let viewer = claimTexts.get(claims);
  if (!viewer) {
    const text = JSON.stringify(claims);
    viewer = { key: text, role: claims.role, claims: text };
    claimTexts.set(claims, viewer);
  }
  return viewer;
}

/** Ids of the transactions that made these changes, each once. */
export function xidsOf(changes: readonly CommittedChange[]): number[] {
  return [...new Set(changes.map(({ xid }) => xid))];
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
 * Asks the database who may see what, all of it in one round trip: column privileges of the role, and whether the role with
 * these claims can read the changed row now. Deleted rows cannot be asked for; Supabase Realtime delivers them to all.
 *
 * @param onFailure a policy that raises an error hides the rows from that viewer only
 * @returns by relation, then by the viewer's key; nothing for a table that is gone
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
    text: 'select * from _realtime.check_changes($1, $2)',
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
