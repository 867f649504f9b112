import type { DevelopmentOperations } from '@supabase/mcp-server-supabase/platform';
import type { FindProject } from '../project.ts';

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
    // The tool is hidden (server.ts): the command `gen types` of the Supabase CLI does this.
    generateTypescriptTypes: () => Promise.reject(new Error('use the Supabase CLI: supabase gen types')),
  };
}
