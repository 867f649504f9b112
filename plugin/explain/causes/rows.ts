import type { DatabaseCaller } from '../../shared/observations.ts';
import type { Explanation } from '../explanation.ts';
import { nameCaller } from '../facts/caller.ts';
import { qualified } from '../facts/quote.ts';
import type { Privilege, RelationFacts } from '../facts/relations.ts';
import { COUNTED_ROWS, type PolicyOutcome, type RowFacts } from '../facts/rows.ts';
import { explainPolicies, isOrdinary } from './policies.ts';

/** Everything that decides about an answer without rows. */
export interface EmptyAnswerFacts {
  readonly command: Exclude<Privilege, 'insert'>;
  readonly caller: DatabaseCaller;
  readonly relation: RelationFacts;
  readonly rows: RowFacts;
  /** What the policies say about the sample row, in the order in which PostgreSQL asks: read, then change. */
  readonly outcomes: readonly PolicyOutcome[];
  /** Query string of the request, without the leading `?`. */
  readonly query: string;
}

const VERBS = { select: 'see', update: 'change', delete: 'delete' } as const;

/** Why a request saw or changed no row. */
export function explainEmpty(facts: EmptyAnswerFacts): Explanation {
  const { command, caller, relation, rows, outcomes, query } = facts;
  const subject = qualified(relation);
  const note = { subject, level: 'note' as const };
  if (rows.total === 0) {
    return {
      kind: 'table-empty',
      ...note,
      cause: `${subject} has no rows.`,
      cure: 'Insert some, or add them to supabase/seed.sql.',
    };
  }
  if (rows.matching === 0) {
    const filters = describeFilters(query);
    return {
      kind: 'no-match',
      ...note,
      cause: `${subject} has ${count(rows.total)}, and none matches ${filters === '' ? 'the filters' : filters}.`,
      cure: 'Compare the values of the filters with those of the rows.',
    };
  }
  const who = nameCaller(caller);
  const seen = `${count(rows.matching)} of ${subject} match${rows.matching === 1 ? 'es' : ''}, and ${who} may ${VERBS[command]} none of them`;
  const refusing = outcomes.find(({ verdict }) => verdict.isAllowed !== true);
  const cause =
    refusing && relation.isSecured && !relation.isBypassed
      ? explainPolicies(relation, refusing, {
          role: caller.role,
          rowLabel: `the row ${rows.sample?.label ?? ''}`,
        })
      : undefined;
  if (cause) {
    const { because, ...rest } = cause;
    return {
      ...rest,
      subject: `${subject} for ${command} to ${caller.role}`,
      level: isOrdinary(rest.kind, caller, command !== 'select' || describeFilters(query) !== '')
        ? 'note'
        : 'problem',
      cause: `${seen}: ${because}.`,
    };
  }
  if (relation.readsAsCaller && rows.readable === 0) {
    return {
      kind: 'view-hides',
      subject: `${subject} to ${caller.role}`,
      level: 'problem',
      cause: `${seen}: the view reads ${relation.reads.join(', ')} with the rights of the caller (security_invoker), whose policies hide the rows.`,
      cure: 'Create policies on the tables behind the view.',
    };
  }
  return {
    kind: 'not-in-answer',
    ...note,
    cause: `${count(rows.matching)} of ${subject} match${rows.matching === 1 ? 'es' : ''} and may be read, but an inner join, the offset or a trigger leaves none of them.`,
    cure: 'Leave out !inner, offset and embedded filters one after the other.',
  };
}

function count(rows: number): string {
  return rows === 1 ? '1 row' : `${rows >= COUNTED_ROWS ? `${rows} or more` : rows} rows`;
}

const NO_FILTERS = new Set(['select', 'order', 'limit', 'offset', 'columns', 'on_conflict']);

/** The filters of a query string as the client wrote them, decoded. */
export function describeFilters(query: string): string {
  const filters = [...new URLSearchParams(query)].filter(([name]) => !NO_FILTERS.has(name));
  return filters.map(([name, value]) => `${name}=${value}`).join(' and ');
}

/** The names of a query string's filters: columns, and and, or. */
export function filterNames(query: string): string[] {
  return [...new URLSearchParams(query).keys()].filter((name) => !NO_FILTERS.has(name));
}
