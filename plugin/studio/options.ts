import type { Backend } from '../backend/backend.ts';
import type { Terminal } from '../explain/terminal.ts';

export interface StudioOptions {
  readonly backend: Backend;
  readonly terminal: Terminal;
  readonly exposedSchemas: readonly string[];
  /** Folder that holds `supabase/`. */
  readonly root: string;
}
