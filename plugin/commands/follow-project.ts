import { basename, join } from 'node:path';
import { coalesce, reportSync } from '../backend/follow-saves.ts';
import { CONFIG_FILES } from '../shared/config-files.ts';
import { FileWatch } from '../shared/watch-files.ts';
import { FolderWatch } from '../shared/watch-folder.ts';
import type { SyncResult } from '../start-stack.ts';
import { logger } from './command.ts';
import { printError } from './print-error.ts';

export interface FollowedProject {
  /** Folder that holds `supabase/`, which may not exist yet. */
  readonly root: string;
  /** Brings the database to the files. */
  readonly sync: () => Promise<SyncResult>;
  /** Takes over new settings. */
  readonly restart: () => Promise<void>;
}

/**
 * Does without Vite what the dev server does when a file in `supabase/` is saved: SQL files change the database, and settings
 * restart the stack. Errors are printed, and leave everything as it is.
 *
 * @returns how to stop
 */
export function followProject({ root, sync, restart }: FollowedProject): () => void {
  const settings = new Set(CONFIG_FILES.map((file) => basename(file)));
  const onSave = coalesce(async (paths) => {
    try {
      if (paths.some((path) => settings.has(path))) await restart();
      else reportSync(await sync(), paths, logger);
    } catch (error) {
      printError(error);
    }
  });
  const folder = new FolderWatch(join(root, 'supabase'), (path) => {
    const name = path.replaceAll('\\', '/');
    // A new folder may have come with files in it, which are not reported one by one.
    if (name.endsWith('.sql') || settings.has(name) || name === 'migrations') onSave(name);
  });
  // The folder may be created later.
  const parent = new FileWatch(() => {
    folder.start();
    onSave('migrations');
  });
  parent.add([join(root, 'supabase')]);
  folder.start();
  return () => {
    folder.close();
    parent.close();
  };
}
