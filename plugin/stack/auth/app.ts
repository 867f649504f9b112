import type { Pool } from 'pg';
import type { Logger } from '../../shared/logger.ts';
import type { Observations } from '../../shared/observations.ts';
import type { JwtVerifier } from '../jwt.ts';
import type { Keys } from '../keys.ts';
import type { Mailer } from '../mailer.ts';
import type { ApiPlace } from '../stack-url.ts';
import type { AuthRequest } from './http/request.ts';
import type { MailTemplates } from './templates/mail-templates.ts';
import type { RateLimiter } from './rate-limit.ts';
import type { AuthSettings } from './settings/settings.ts';
import type { Signer } from './secrets/signer.ts';

/** The parts of the service; they live as long as it does. */
export interface App {
  readonly settings: AuthSettings;
  readonly pool: Pool;
  readonly signer: Signer;
  readonly jwt: JwtVerifier;
  readonly keys: Keys;
  readonly mailer: Mailer;
  readonly templates: MailTemplates;
  readonly limiter: RateLimiter;
  /** Where URLs of hooks may point. */
  readonly api: ApiPlace;
  readonly logger: Logger;
  readonly observations: Observations;
}

/** What a request is answered with: the parts of the service, and the request itself. */
export interface Context extends App {
  readonly req: AuthRequest;
  /** Segments of the path by their names in the route, decoded. */
  readonly params: Readonly<Record<string, string>>;
}
