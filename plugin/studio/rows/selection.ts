import { quote } from '../../explain/facts/quote.ts';
import type { SqlStatement } from '../../shared/observations.ts';
import { isObject, parseJson } from '../../shared/json.ts';
import { InvalidChange } from '../change.ts';
import type { Column, TableName } from './columns.ts';

const COMPARISONS = ['=', '<>', '<', '<=', '>', '>='] as const;
const OPERATORS = [...COMPARISONS, 'contains', 'is null', 'is not null'] as const;

/** A condition on one column, whose value is text in PostgreSQL's format. */
export interface Filter {
  readonly column: string;
  readonly operator: (typeof OPERATORS)[number];
  readonly value: string;
}

/** Which rows of a table, and in which order. */
export interface Selection {
  readonly filters: readonly Filter[];
  readonly order: { readonly column: string; readonly isDescending: boolean } | undefined;
}

/** Reads `filters` (JSON) and `order` (`column.desc`) of a query string. @throws InvalidChange */
export function readSelection(query: URLSearchParams): Selection {
  const filters = parseJson(query.get('filters') ?? '[]');
  if (!Array.isArray(filters) || !filters.every(isFilter))
    throw new InvalidChange('The filters are not valid');
  const order = /^(.+)\.(asc|desc)$/s.exec(query.get('order') ?? '');
  return {
    filters,
    order: order?.[1] === undefined ? undefined : { column: order[1], isDescending: order[2] === 'desc' },
  };
}

function isFilter(value: unknown): value is Filter {
  return (
    isObject(value) &&
    typeof value.column === 'string' &&
    typeof value.value === 'string' &&
    OPERATORS.some((operator) => operator === value.operator)
  );
}

/**
 * The cells of the selected rows, each an array of text in the order of the columns.
 *
 * @param maxLength cells are cut after so many characters. Default: they are whole
 * @throws InvalidChange where a column does not exist
 */
export function selectRows(
  table: TableName,
  columns: readonly Column[],
  selection: Selection,
  maxLength?: number,
): SqlStatement {
  const cells = columns.map(({ name }) => {
    const text = `t.${quote(name)}::text`;
    return maxLength === undefined ? text : `left(${text}, ${maxLength})`;
  });
  const { sql, params } = conditions(columns, selection.filters);
  const text = `select array[${cells.join(', ')}]::text[] as cells from ${fullName(table)} t${sql}${orderBy(columns, selection.order)}`;
  return { text, params };
}

/** How many rows are selected. */
export function countRows(
  table: TableName,
  columns: readonly Column[],
  { filters }: Pick<Selection, 'filters'>,
): SqlStatement {
  const { sql, params } = conditions(columns, filters);
  return { text: `select count(*)::int as n from ${fullName(table)} t${sql}`, params };
}

export function fullName({ schema, name }: TableName): string {
  return `${quote(schema)}.${quote(name)}`;
}

function conditions(
  columns: readonly Column[],
  filters: readonly Filter[],
): { readonly sql: string; readonly params: readonly string[] } {
  const params: string[] = [];
  const parts = filters.map(({ column, operator, value }) => {
    const { type } = findColumn(columns, column);
    const name = `t.${quote(column)}`;
    if (operator === 'is null' || operator === 'is not null') return `${name} ${operator}`;
    params.push(value);
    const parameter = `$${params.length}::text`;
    return operator === 'contains'
      ? `strpos(lower(${name}::text), lower(${parameter})) > 0`
      : `${name} ${operator} cast(${parameter} as ${type})`;
  });
  return { sql: parts.length === 0 ? '' : ` where ${parts.join(' and ')}`, params };
}

/** The key comes last, so that pages do not overlap. */
function orderBy(columns: readonly Column[], order: Selection['order']): string {
  const parts = columns.filter(({ isKey }) => isKey).map(({ name }) => `t.${quote(name)}`);
  if (order)
    parts.unshift(
      `t.${quote(findColumn(columns, order.column).name)} ${order.isDescending ? 'desc nulls last' : 'asc'}`,
    );
  return parts.length === 0 ? '' : ` order by ${parts.join(', ')}`;
}

/** @throws InvalidChange */
export function findColumn(columns: readonly Column[], name: string): Column {
  const column = columns.find((one) => one.name === name);
  if (!column) throw new InvalidChange(`There is no column ${name}`);
  return column;
}
