import type { Logger } from '../shared/logger.ts';
import type { Observations } from '../shared/observations.ts';
import type { SupabaseConfig } from './config/config.ts';
import type { JwtVerifier } from './jwt.ts';
import type { Keys } from './keys.ts';
import type { Mailer } from './mailer.ts';
import type { Database } from './postgres/database.ts';
import type { ApiPlace } from './stack-url.ts';

/** What every service receives; all of it lasts as long as the stack. */
export interface StackContext {
  readonly config: SupabaseConfig;
  readonly keys: Keys;
  /** Verifies the signatures of this stack's JWTs, by its secret or its signing keys. */
  readonly jwt: JwtVerifier;
  readonly database: Database;
  /** Sends to the stack's inbox (and to a real server if one is configured). */
  readonly mailer: Mailer;
  /** Folder for the files of services, each in a subfolder of its name (`.supabase` by default). */
  readonly dataDir: string;
  /** The API, through which services reach each other where users configure a URL. */
  readonly api: ApiPlace;
  readonly logger: Logger;
  /** What is refused, empty or not delivered is reported here. */
  readonly observations: Observations;
}
