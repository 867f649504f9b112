/** A bucket as Storage has it. */
export interface Bucket {
  readonly id: string;
  readonly name: string;
  readonly public: boolean;
  /** Bytes; null for the project's limit. */
  readonly file_size_limit: number | null;
  readonly allowed_mime_types: readonly string[] | null;
}

/** An entry of a folder; `id` is null for a folder. */
export interface Entry {
  readonly name: string;
  readonly id: string | null;
  readonly updated_at: string | null;
  readonly metadata: { readonly size?: number; readonly mimetype?: string } | null;
}

/** An object as Storage's info has it. */
export interface ObjectInfo {
  readonly size: number | null;
  readonly content_type: string | null;
  readonly last_modified: string | null;
}

/** What the address names. `folder` has no slash at its end, and is "" for the bucket itself. */
export interface Place {
  readonly bucket: string;
  readonly folder: string;
  /** Name of the chosen object in the folder. */
  readonly object: string | undefined;
}

/** The name of an object in its bucket. */
export function pathOf({ folder }: Place, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

/** The address of an object in the API: `/storage/v1/object/<kind>/<bucket>/<path>`. */
export function objectUrl(kind: string, bucket: string, path: string): string {
  const segments = [bucket, ...path.split('/')].map(encodeURIComponent).join('/');
  return `/storage/v1/object/${kind}${segments}`;
}

export function formatSize(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB'];
  const step = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** step;
  return `${step === 0 ? value : value.toFixed(1)} ${units[step]}`;
}
