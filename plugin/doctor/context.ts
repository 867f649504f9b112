import type { Environment } from '../shared/environment.ts';
import type { SupabaseConfig } from '../stack/config/config.ts';
import type { Choice } from './choose-backend.ts';
import type { StackRecord } from '../stack/ownership/record.ts';

/** What the checks share. */
export interface DoctorContext {
  /** Folder that holds `supabase/`. */
  readonly root: string;
  /** The variables of the .env files of development, under those of the process. */
  readonly env: Environment;
  /** The .env files that exist, by name, with their variables. */
  readonly envFiles: ReadonlyMap<string, Environment>;
  readonly config: SupabaseConfig;
  readonly dataDir: string;
  /** The embedded stack that another process runs now. */
  readonly running: StackRecord | undefined;
  /** What a dev server would use now; only where no embedded stack runs. */
  readonly choice: Choice;
  /** URL of the database as `postgres`: of the running stack, or of the local one. */
  readonly databaseUrl: string | undefined;
}
