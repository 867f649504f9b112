/** A row of `storage.buckets`, as clients see it. */
export interface BucketRow {
  readonly id: string;
  readonly name: string;
  readonly owner: string | null;
  readonly public: boolean | null;
  readonly type: string;
  /** Bytes; `bigint`, which the driver returns as text. */
  readonly file_size_limit: string | null;
  readonly allowed_mime_types: string[] | null;
  readonly created_at: Date | null;
  readonly updated_at: Date | null;
}

export const COLUMNS =
  'id, name, owner, public, type, file_size_limit, allowed_mime_types, created_at, updated_at';

/** Columns by which a list of buckets can be sorted. */
export const SORT_COLUMNS = ['id', 'name', 'created_at', 'updated_at'] as const;

export interface BucketListOptions {
  /** Part of the name, in any case. */
  readonly search?: string;
  /** All, if it is missing. */
  readonly limit?: number;
  readonly offset?: number;
  readonly sortColumn?: (typeof SORT_COLUMNS)[number];
  readonly sortOrder?: 'asc' | 'desc';
}

/** The `order by` clause; its text comes from this file only. */
export function orderBy({ sortColumn, sortOrder }: BucketListOptions): string {
  const column = SORT_COLUMNS.find((known) => known === sortColumn);
  if (column === undefined) return '';
  return `order by ${column} ${sortOrder === 'desc' ? 'desc' : 'asc'}`;
}
