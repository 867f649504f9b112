import type { Logger } from '../shared/logger.ts';
import type { SupabaseConfig } from './config/config.ts';
import type { JwtVerifier } from './jwt.ts';
import type { Keys } from './keys.ts';
import type { Mailer } from './mailer.ts';
import type { Database } from './postgres/database.ts';

/** What every service is given; all of it lives as long as the stack. */
export interface StackContext {
  readonly config: SupabaseConfig;
  readonly keys: Keys;
  /** Verifies signatures of JWTs made by this stack, with its secret or its signing keys. */
  readonly jwt: JwtVerifier;
  readonly database: Database;
  /** Sends to the stack's inbox (and to a real server if one is configured). */
  readonly mailer: Mailer;
  /** Folder for what services keep on disk, each in a folder of its own name (`.supabase` by default). */
  readonly dataDir: string;
  readonly logger: Logger;
}
