/** Column `metadata` of `storage.objects`: measured when the bytes were stored. */
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

/** Arbitrary JSON that a client stores with an object. */
export type UserMetadata = Readonly<Record<string, unknown>>;

/** A row of `storage.objects`; a row inserted with SQL may lack anything that is nullable here. */
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

/** The part of a row that a download needs: parsing the other columns, above all times, costs more than the lookup. */
export type StoredObject = Pick<ObjectRow, 'id' | 'version' | 'metadata'>;

/** An entry of a listing; a folder has a null `id`. */
export interface ListedRow {
  /** The whole name, in listings of a folder by cursor. */
  readonly key?: string;
  readonly name: string;
  readonly id: string | null;
  readonly updated_at: Date | null;
  readonly created_at: Date | null;
  readonly last_accessed_at: Date | null;
  readonly metadata: ObjectMetadata | null;
}
