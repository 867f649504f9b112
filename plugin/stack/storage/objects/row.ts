/** Column `metadata` of `storage.objects`: what was measured when the bytes were stored. */
export interface ObjectMetadata {
  /** MD5 in hex, in quotes. */
  readonly eTag?: string;
  readonly size?: number;
  readonly mimetype?: string;
  readonly cacheControl?: string;
  /** ISO 8601 with milliseconds. */
  readonly lastModified?: string;
  readonly contentLength?: number;
  readonly httpStatusCode?: number;
  readonly xRobotsTag?: string;
}

/** What a client says of its own about an object. */
export type UserMetadata = Readonly<Record<string, unknown>>;

/** A row of `storage.objects`; rows made in SQL may lack anything. */
export interface ObjectRow {
  readonly id: string;
  readonly name: string;
  readonly bucket_id: string;
  readonly version: string | null;
  readonly owner: string | null;
  readonly owner_id: string | null;
  readonly metadata: ObjectMetadata | null;
  readonly user_metadata: UserMetadata | null;
  readonly created_at: Date | null;
  readonly updated_at: Date | null;
  readonly last_accessed_at: Date | null;
}

/** What a download needs of a row; to read its other columns, times above all, would cost more than to find it. */
export type StoredObject = Pick<ObjectRow, 'id' | 'version' | 'metadata'>;

/** A row as Storage's API shows it. */
export function presentObject(row: ObjectRow): Record<string, unknown> {
  return {
    name: row.name,
    bucket_id: row.bucket_id,
    owner: row.owner ?? '',
    owner_id: row.owner_id ?? '',
    version: row.version ?? '',
    id: row.id,
    updated_at: row.updated_at,
    created_at: row.created_at,
    last_accessed_at: row.last_accessed_at,
    metadata: row.metadata,
    user_metadata: row.user_metadata,
  };
}
