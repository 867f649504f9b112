import type { SupabaseConfig } from '../stack/config/config.ts';

/** The schemas that REST exposes, by `[api] schemas`. */
export function exposedSchemas(config: SupabaseConfig): readonly string[] {
  return config.section('api').strings('schemas', ['public', 'graphql_public']);
}
