import type { Pool } from 'pg';
import type { Keys } from '../keys.ts';
import type { JwtVerifier } from '../jwt.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Mailer } from '../mailer.ts';
import type { MailTemplates } from './mails/templates.ts';
import type { RateLimiter } from './rate-limit.ts';
import type { AuthSettings } from './settings.ts';
import type { Signer } from './tokens/signer.ts';

/** What every handler works with; it lives as long as the service. */
export interface App {
  readonly settings: AuthSettings;
  readonly pool: Pool;
  readonly signer: Signer;
  readonly jwt: JwtVerifier;
  readonly keys: Keys;
  readonly mailer: Mailer;
  readonly templates: MailTemplates;
  readonly limiter: RateLimiter;
  readonly logger: Logger;
}

/** Audience and role of a new user, as the CLI configures them. */
export const DEFAULT_AUDIENCE = 'authenticated';
export const DEFAULT_ROLE = 'authenticated';
/** The role that may use the admin endpoints. */
export const ADMIN_ROLE = 'service_role';
