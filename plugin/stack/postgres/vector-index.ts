const OPTIONS =
  /^(create\s+index\b[\s\S]*?\busing\s+(?:hnsw|ivfflat)\s*\([\s\S]*\))\s*with\s*\([^()]*\)([\s\S]*)$/i;

/**
 * A statement that creates an index of pgvector, without the options of `with (m = 16, …)`: the access methods of
 * `extensions/vector` have none. Any other statement is returned as it is.
 */
export function withoutVectorOptions(statement: string): string {
  return statement.replace(OPTIONS, '$1$2');
}
