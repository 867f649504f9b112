import type { Section } from './section.ts';

export const DEFAULT_SCHEMAS: readonly string[] = ['public', 'graphql_public'];

/** The schemas that REST exposes, by `[api] schemas`; an empty list counts as unset. */
export function readExposedSchemas(api: Section): readonly string[] {
  const schemas = api.strings('schemas', DEFAULT_SCHEMAS);
  return schemas.length === 0 ? DEFAULT_SCHEMAS : schemas;
}
