import { useSearchParams } from 'wouter';
import type { TableName } from './types.ts';

export const OPERATORS = ['=', '<>', '<', '<=', '>', '>=', 'contains', 'is null', 'is not null'] as const;

/** As plugin/studio/rows/selection.ts. */
export interface Filter {
  readonly column: string;
  readonly operator: (typeof OPERATORS)[number];
  readonly value: string;
}

/** Who looks at which rows of a table, as the page's address has it. */
export interface TableQuery {
  readonly as: string;
  readonly filters: readonly Filter[];
  /** `column.asc` or `column.desc`; empty: by the primary key. */
  readonly order: string;
  readonly page: number;
}

export function hasValue(operator: Filter['operator']): boolean {
  return operator !== 'is null' && operator !== 'is not null';
}

/** The query of the page's address, and how to change it; a change of anything but the page leads to the first one. */
export function useTableQuery(): [TableQuery, (changes: Partial<TableQuery>) => void] {
  const [params, setParams] = useSearchParams();
  const query: TableQuery = {
    as: params.get('as') ?? 'postgres',
    filters: readFilters(params.get('filters')),
    order: params.get('order') ?? '',
    page: Number(params.get('page') ?? 0) || 0,
  };
  return [query, (changes) => setParams(writeQuery({ ...query, page: 0, ...changes }))];
}

/** The address of a table whose rows have this value. */
export function hrefOf({ schema, name }: TableName, query: Partial<TableQuery> = {}): string {
  const search = writeQuery({ as: 'postgres', filters: [], order: '', page: 0, ...query }).toString();
  const path = `/tables/${encodeURIComponent(schema)}/${encodeURIComponent(name)}`;
  return search === '' ? path : `${path}?${search}`;
}

/** For the server. */
export function serverQuery(table: TableName, { as, filters, order }: TableQuery): URLSearchParams {
  return new URLSearchParams({ ...table, as, filters: JSON.stringify(filters), order });
}

function writeQuery({ as, filters, order, page }: TableQuery): URLSearchParams {
  const params = new URLSearchParams();
  if (as !== 'postgres') params.set('as', as);
  if (filters.length > 0) params.set('filters', JSON.stringify(filters));
  if (order !== '') params.set('order', order);
  if (page > 0) params.set('page', String(page));
  return params;
}

function readFilters(text: string | null): readonly Filter[] {
  try {
    const filters: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(filters) ? (filters as Filter[]) : [];
  } catch {
    return [];
  }
}
