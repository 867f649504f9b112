import type { DevelopmentOperations } from '@supabase/mcp-server-supabase/platform';
import { defaultSchemas, generateTypes } from '../../database-types/generate.ts';
import { databaseOf, type FindProject } from '../project.ts';

export function developmentOperations(find: FindProject): DevelopmentOperations {
  return {
    getProjectUrl: async () => (await find()).url,
    async getPublishableKeys() {
      const { keys } = await find();
      return [
        ...(keys.publishableKey === undefined
          ? []
          : [{ name: 'default', type: 'publishable' as const, api_key: keys.publishableKey }]),
        ...(keys.anonKey === undefined
          ? []
          : [{ name: 'anon', type: 'legacy' as const, api_key: keys.anonKey }]),
      ];
    },
    async generateTypescriptTypes() {
      const project = await find();
      const schemas = defaultSchemas(project.exposedSchemas);
      return { types: await generateTypes({ databaseUrl: databaseOf(project), schemas }) };
    },
  };
}
