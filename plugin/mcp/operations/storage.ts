import type { StorageBucket, StorageOperations } from '@supabase/mcp-server-supabase/platform';
import { loadConfig } from '../../stack/config/config.ts';
import { readStorageSettings } from '../../stack/storage/settings.ts';
import { databaseOf, type FindProject } from '../project.ts';
import { runSql } from '../run-sql.ts';

const BUCKETS = `select id, name, coalesce(owner_id, '') as owner, public,
  to_json(created_at) #>> '{}' as created_at, to_json(updated_at) #>> '{}' as updated_at
  from storage.buckets order by name`;

export function storageOperations(find: FindProject): StorageOperations {
  return {
    async listAllBuckets() {
      const url = databaseOf(await find());
      return runSql<StorageBucket>(url, { query: BUCKETS, parameters: [], isReadOnly: true });
    },
    async getStorageConfig() {
      const { fileSizeLimit, imageTransformation, s3Protocol } = readStorageSettings(
        await loadConfig((await find()).root),
      );
      return {
        fileSizeLimit,
        features: {
          imageTransformation: { enabled: imageTransformation },
          s3Protocol: { enabled: s3Protocol },
        },
      };
    },
    // The tool is hidden (server.ts): a file of the project decides.
    updateStorageConfig: () => Promise.reject(new Error('set it in supabase/config.toml, [storage]')),
  };
}
