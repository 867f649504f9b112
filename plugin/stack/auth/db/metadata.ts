import type { JsonObject } from '../../../shared/json.ts';

/** Merges into a metadata column at its top level; null removes a key. */
export function mergeMetadata(old: JsonObject, changes: JsonObject): JsonObject {
  const merged = { ...old, ...changes };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
}
