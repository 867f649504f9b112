import type { Plugin } from 'vite';
import { TypesFollower } from '../database-types/types-follower.ts';
import { PLUGIN_NAME, type PluginContext } from './plugin-context.ts';
import { ServerCleanup } from './server-cleanup.ts';

/** Writes the types of the database after the start, and after each change of its schema. */
export function typesPlugin(context: PluginContext): Plugin {
  const cleanup = new ServerCleanup();
  return {
    name: `${PLUGIN_NAME}:types`,
    configureServer(server) {
      const { heldBackend, projectRoot, logger } = context;
      const { types } = context.options;
      if (!heldBackend || types === false) return;
      const stopFollowing = heldBackend.onStart((backend) => {
        const follower = new TypesFollower({
          root: projectRoot,
          file: types,
          databaseUrl: () => backend.databaseUrl?.(),
          exposedSchemas: backend.exposedSchemas ?? [],
          logger,
        });
        void follower.update();
        const stop = backend.onSchemaChange?.(() => void follower.update());
        return () => {
          stop?.();
          follower.close();
        };
      });
      cleanup.add(server, async () => stopFollowing());
    },
    closeServer: cleanup.closeOldest,
  };
}
