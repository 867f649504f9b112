import { isObject, parseJson } from '../../../shared/json.ts';
import { storageErrors } from '../errors.ts';
import type { UserMetadata } from './row.ts';

const LIMIT = 1024 * 1024;

/** Header `x-metadata`: a JSON object in base64. Storage ignores anything else. */
export function parseMetadataHeader(value: string | undefined): UserMetadata | undefined {
  return value === undefined ? undefined : parseObject(Buffer.from(value, 'base64').toString('utf8'));
}

/** A form's field `metadata` or `userMetadata`: a JSON object. @throws StorageError EntityTooLarge above 1 MiB */
export function parseMetadataFields(fields: ReadonlyMap<string, string>): UserMetadata {
  const text = fields.get('metadata') ?? fields.get('userMetadata');
  if (text === undefined) return {};
  if (Buffer.byteLength(text) > LIMIT) throw storageErrors.tooLarge('user_metadata');
  return parseObject(text) ?? {};
}

function parseObject(text: string): UserMetadata | undefined {
  const value = parseJson(text);
  return isObject(value) ? value : undefined;
}
