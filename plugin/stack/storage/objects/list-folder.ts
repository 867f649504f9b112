import type { StorageDatabase } from '../database/database.ts';
import type { RequestScope } from '../database/request-scope.ts';
import type { ListedRow } from './row.ts';

export const FOLDER_COLUMNS = ['name', 'updated_at', 'created_at', 'last_accessed_at'] as const;

export interface FolderRequest {
  readonly bucket: string;
  /** The folder, with or without a final slash; "" is the bucket itself. */
  readonly folder: string;
  /** Beginning of the names, in any case. */
  readonly search: string;
  readonly limit: number;
  readonly offset: number;
  readonly column: (typeof FOLDER_COLUMNS)[number];
  readonly order: 'asc' | 'desc';
}

/** Entries of one folder that row level security lets the caller see, by offset. */
export async function listFolder(
  database: StorageDatabase,
  scope: RequestScope,
  request: FolderRequest,
): Promise<ListedRow[]> {
  const { bucket, folder, search, limit, offset, column, order } = request;
  const prefix = folder === '' || folder.endsWith('/') ? folder : `${folder}/`;
  const { rows } = await database.asCaller(scope, (transaction) =>
    transaction.query<ListedRow>(
      `select name, id, updated_at, created_at, last_accessed_at, metadata
       from storage.search($1, $2, $3, 1, $4, $5, $6, $7)`,
      [prefix, bucket, limit, offset, search, column, order],
    ),
  );
  return rows;
}
