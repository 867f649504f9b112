import { resolve } from 'node:path';
import type { SupabaseConfig } from '../config/config.ts';
import type { Section } from '../config/section.ts';

/** `[storage]` of config.toml with the Supabase CLI's defaults. */
export interface StorageSettings {
  readonly enabled: boolean;
  /** Bytes; the upper limit for every bucket. */
  readonly fileSizeLimit: number;
  readonly imageTransformation: boolean;
  readonly s3Protocol: boolean;
  /** Buckets to create at start. */
  readonly buckets: readonly BucketSettings[];
}

/** `[storage.buckets.<name>]`; undefined settings are not changed on an existing bucket. */
export interface BucketSettings {
  readonly name: string;
  readonly public: boolean | undefined;
  readonly fileSizeLimit: number | undefined;
  readonly allowedMimeTypes: readonly string[] | undefined;
  /** Absolute path of a folder whose files are stored in the bucket. */
  readonly objectsPath: string | undefined;
}

/** @throws SupabaseDevError CONFIG_INVALID */
export function readStorageSettings(config: SupabaseConfig): StorageSettings {
  const section = config.section('storage');
  return {
    enabled: section.boolean('enabled', true),
    fileSizeLimit: readSize(section) ?? 50 * 1024 ** 2,
    imageTransformation: section.section('image_transformation').boolean('enabled', false),
    s3Protocol: section.section('s3_protocol').boolean('enabled', true),
    buckets: section
      .section('buckets')
      .sections()
      .map(([name, bucket]) => readBucket(config, name, bucket)),
  };
}

function readBucket(config: SupabaseConfig, name: string, section: Section): BucketSettings {
  const objectsPath = section.string('objects_path');
  return {
    name,
    public: section.has('public') ? section.boolean('public', false) : undefined,
    fileSizeLimit: readSize(section),
    allowedMimeTypes: section.has('allowed_mime_types') ? section.strings('allowed_mime_types') : undefined,
    objectsPath: objectsPath ? resolve(config.supabaseDir, objectsPath) : undefined,
  };
}

const SIZE = /^(\d+(?:\.\d+)?)\s?([kmgtp]?)i?b?$/i;
const UNITS = ['', 'k', 'm', 'g', 't', 'p'];

/** "50MiB", "5MB" or a number of bytes; units are powers of 1024, with or without the "i", as the CLI reads them. */
function readSize(section: Section): number | undefined {
  return section.read('file_size_limit', 'a size such as "50MiB"', (value) => {
    if (typeof value !== 'string' && !Number.isSafeInteger(value)) return undefined;
    const [, amount, unit] = SIZE.exec(String(value).trim()) ?? [];
    if (amount === undefined || unit === undefined) return undefined;
    return Math.floor(Number(amount) * 1024 ** UNITS.indexOf(unit.toLowerCase()));
  });
}
