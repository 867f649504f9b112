import type { SqlStatement } from '../../shared/observations.ts';
import { combine, type Verdict } from './verdict.ts';
import { withoutPolicies } from './caller.ts';
import type { CallerSettings, ReadSession } from './explain-database.ts';
import {
  evaluatePolicies,
  policiesFor,
  readPolicies,
  type EvaluatedPolicy,
  type PolicyFacts,
} from './policies.ts';
import { qualified } from './quote.ts';
import type { Privilege, RelationFacts } from './relations.ts';

/** Rows are counted up to this number: enough to say how many there are in a development database. */
export const COUNTED_ROWS = 1_000;

/** The rows that a request's filters name, with and without policies. */
export interface RowFacts {
  /** Rows of the table, at most `COUNTED_ROWS`. */
  readonly total: number;
  /** Rows that the filters name. */
  readonly matching: number;
  /** Those of them that the caller may read, or the error of the attempt. */
  readonly readable: number | { readonly error: string };
  /** A row that the filters name, if possible one that the caller may not read. */
  readonly sample: SampleRow | undefined;
}

export interface SampleRow {
  /** Text of the row type. */
  readonly text: string;
  /** Such as `id=1`; the whole row where there is no primary key. */
  readonly label: string;
}

/** What the policies of one table say to one command on one row. */
export interface PolicyOutcome {
  readonly command: Privilege;
  readonly phase: 'using' | 'check';
  readonly evaluated: readonly EvaluatedPolicy[];
  readonly verdict: Verdict;
  /** All policies of the table, also those for other roles and commands. */
  readonly all: readonly PolicyFacts[];
}

/** @param matching the rows that the filters name: each as text, in the column `row` */
export async function readRows(
  session: ReadSession,
  relation: RelationFacts,
  settings: CallerSettings,
  matching: SqlStatement,
): Promise<RowFacts | { readonly error: string }> {
  const asPostgres = withoutPolicies(settings);
  const table = {
    text: `select count(*)::int as n from (select from ${qualified(relation)} limit ${COUNTED_ROWS}) t`,
    params: [],
  };
  const counted = await session.attempt(asPostgres, table);
  if ('error' in counted) return counted;
  const named = await session.attempt(asPostgres, matching);
  if ('error' in named) return named;
  const texts = named.rows.map(({ row }) => String(row));
  const seen = await session.attempt(settings, matching);
  const readable = 'error' in seen ? seen : seen.rows.length;
  const hidden =
    'error' in seen ? texts[0] : texts.find((text) => !seen.rows.some(({ row }) => row === text));
  const text = hidden ?? texts[0];
  return {
    total: Number(counted.rows[0]?.n ?? 0),
    matching: texts.length,
    readable,
    sample: text === undefined ? undefined : { text, label: await labelRow(session, relation, text) },
  };
}

/** Evaluates the policies that decide about a command on one row. */
export async function judgeRow(
  session: ReadSession,
  relation: RelationFacts,
  request: {
    command: Privilege;
    phase: 'using' | 'check';
    row: string;
    role: string;
    settings: CallerSettings;
  },
): Promise<PolicyOutcome> {
  const { command, phase, row, role, settings } = request;
  const all = await readPolicies(session, relation, role);
  const deciding = policiesFor(all, command);
  const evaluated = await evaluatePolicies(session, relation, deciding, { phase, row, settings });
  return { command, phase, evaluated, verdict: combine(evaluated), all };
}

const MAX_LABEL = 120;

async function labelRow(session: ReadSession, relation: RelationFacts, text: string): Promise<string> {
  const columns = relation.primaryKey.length > 0 ? relation.primaryKey : relation.columns.slice(0, 3);
  const attempt = await session.attempt([], {
    text: `select to_jsonb(r) as value from unnest(array[$1::${qualified(relation)}]) r`,
    params: [text],
  });
  const value = 'error' in attempt ? {} : ((attempt.rows[0]?.value ?? {}) as Record<string, unknown>);
  const label = columns.map((column) => `${column}=${formatValue(value[column])}`).join(', ');
  return label.length > MAX_LABEL ? `${label.slice(0, MAX_LABEL)}…` : label;
}

function formatValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}
