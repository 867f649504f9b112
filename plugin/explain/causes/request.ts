import { SLOW_MS, type RestFailure, type RestObservation } from '../../shared/observations.ts';
import type { Explanation } from '../explanation.ts';
import { qualified, quoteIfNeeded } from '../facts/quote.ts';
import { describeFilters, filterNames } from './rows.ts';
import { trimDot, upperFirst } from './text.ts';

/** A single row was asked for, and several match. */
export function explainSeveralRows({ url, target }: RestObservation, rows: number): Explanation {
  const filters = describeFilters(url.split('?', 2)[1] ?? '');
  const subject = target ? `${target.schema}.${target.name}` : url;
  return {
    kind: 'several-rows',
    subject,
    level: 'problem',
    cause: `.single() asks for one row of ${subject}, and ${rows} match ${filters === '' ? 'because there is no filter' : filters}.`,
    cure: 'Filter by the primary key, or take the first row.',
    code: '.limit(1).single()',
  };
}

/** The request names a schema that the API does not expose. */
export function explainUnexposed({ message, hint }: RestFailure, exposed: readonly string[]): Explanation {
  const schema = /^Invalid schema: (.+)$/.exec(message)?.[1] ?? '';
  // The settings of a Supabase elsewhere are unknown; its error names them.
  const named = /exposed: (.+)$/.exec(hint ?? '')?.[1]?.split(', ');
  const known = exposed.length > 0 ? exposed : (named ?? []);
  return {
    kind: 'schema-not-exposed',
    subject: schema,
    level: 'problem',
    cause: `The API does not expose the schema ${schema}${hint ? '' : `; it exposes ${exposed.join(', ')}`}.`,
    cure: 'Add it to supabase/config.toml, and grant usage on it.',
    code: `[api] schemas = [${[...known, schema].map((name) => `"${name}"`).join(', ')}]`,
  };
}

/** Errors whose message says what is wrong, in words that people search for. */
const MESSAGES: Readonly<Record<string, { kind: string; cure: string; code?: string }>> = {
  PGRST100: {
    kind: 'query-syntax',
    cure: 'Correct the query string; supabase-js writes it from select() and the filters.',
  },
  PGRST102: { kind: 'body-syntax', cure: 'Send JSON: an object, or a list of objects with the same keys.' },
  PGRST103: { kind: 'range', cure: 'Ask for a range that begins before the number of rows.' },
  PGRST107: { kind: 'media-type', cure: 'Ask for application/json, or for text/csv with .csv().' },
  PGRST201: {
    kind: 'relationship-ambiguous',
    cure: 'Name the foreign key in select(): table!constraint(…).',
  },
  PGRST203: { kind: 'function-ambiguous', cure: 'Rename one of the overloaded functions or its parameters.' },
  '21000': {
    kind: 'filter-missing',
    cure: 'Add a filter to update() or delete(): without one every row would change.',
  },
  '22P02': { kind: 'value-syntax', cure: 'Send a value of the column’s type.' },
  '23502': { kind: 'not-null', cure: 'Send a value for the column, or give it a default.' },
  '23503': { kind: 'foreign-key', cure: 'Insert the row that it refers to first.' },
  '23505': { kind: 'unique', cure: 'Use upsert() if the existing row is to be changed.' },
  '23514': { kind: 'check', cure: 'Send a value that the check constraint allows.' },
  '25006': {
    kind: 'read-only',
    cure: 'Call a function that writes with POST, and do not declare it stable or immutable.',
  },
  '42P17': {
    kind: 'policy-recursion',
    cure: 'A policy must not read its own table: move that query into a security definer function.',
    code: "create function is_member(team bigint) returns boolean language sql security definer set search_path = '' as $$ … $$;",
  },
  '57014': {
    kind: 'timeout',
    cure: 'Make the query faster (an index on the filtered columns), or raise statement_timeout.',
  },
};

/** An error whose own message names the cause. */
export function explainSyntax({ error, target, url }: RestObservation): Explanation | undefined {
  const known = error && MESSAGES[error.code];
  if (!known) return undefined;
  const subject = target ? `${target.schema}.${target.name}` : (url.split('?', 1)[0] ?? url);
  const details = typeof error.details === 'string' && error.details !== '' ? [error.details] : [];
  return {
    subject,
    level: 'problem',
    cause: `${trimDot(upperFirst(error.message))} (${error.code}).`,
    ...known,
    details,
  };
}

/** An answer that took long. */
export function explainSlow({ milliseconds, target, url }: RestObservation): Explanation | undefined {
  if (milliseconds < SLOW_MS || !target) return undefined;
  const query = url.split('?', 2)[1] ?? '';
  const filters = describeFilters(query);
  const column = target.action === 'call' ? undefined : filteredColumn(query);
  const subject = `${target.schema}.${target.name}`;
  return {
    kind: 'slow',
    subject,
    level: 'problem',
    cause: `The answer from ${subject} took ${(milliseconds / 1000).toFixed(1)} s${filters === '' ? '' : ` with ${filters}`}.`,
    cure:
      column === undefined
        ? 'Look at the plan of the query.'
        : 'Look at the plan; often an index on the filtered column helps.',
    code:
      column === undefined ? undefined : `create index on ${qualified(target)} (${quoteIfNeeded(column)});`,
  };
}

/** The first column of the table itself that a query string filters by. */
function filteredColumn(query: string): string | undefined {
  return filterNames(query).find((name) => /^\w+$/.test(name) && name !== 'and' && name !== 'or');
}
