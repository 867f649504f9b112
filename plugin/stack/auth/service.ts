import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorMessage } from '../../shared/errors.ts';
import type { StackContext } from '../context.ts';
import { OpenRequests } from '../http/open-requests.ts';
import type { Service } from '../service.ts';
import type { App } from './app.ts';
import { Cleanup } from './cleanup.ts';
import { createAuthPool } from './db/database.ts';
import { hasNulCharacter } from './db/failures.ts';
import { withSession } from './endpoints/session-reply.ts';
import { AuthError, invalid, OAuthError } from './errors.ts';
import { errorReply, send, type Reply } from './http/reply.ts';
import { apiVersion, readRequest, type AuthRequest } from './http/request.ts';
import { dispatch } from './router.ts';
import { MailTemplates } from './templates/mail-templates.ts';
import { RateLimiter } from './rate-limit.ts';
import { ROUTES } from './routes.ts';
import { readAuthSettings } from './settings/settings.ts';
import { RefreshError } from './tokens/refresh.ts';
import { createSigner } from './secrets/signer.ts';

// Headers that a page of another origin may read. Whether it may read the answer at all is the gateway's decision.
const EXPOSED = 'X-Total-Count, Link, X-Supabase-Api-Version';

/**
 * The Supabase-Auth-compatible service on schema `auth`.
 *
 * @throws SupabaseDevError for settings that cannot be used
 */
export async function createAuthService(context: StackContext): Promise<Service> {
  const settings = await readAuthSettings(context);
  const app: App = {
    settings,
    pool: createAuthPool(context.database),
    signer: createSigner(context.keys),
    jwt: context.jwt,
    keys: context.keys,
    mailer: context.mailer,
    templates: new MailTemplates(settings.email.templates, context.logger),
    limiter: new RateLimiter(settings.rateLimits),
    api: context.api,
    logger: context.logger,
    observations: context.observations,
  };
  const cleanup = new Cleanup(app);
  const open = new OpenRequests();
  return {
    handle(req, res) {
      open.track(
        res,
        answer(app, req, res, cleanup).catch(() => void res.destroy()),
      );
    },
    async close() {
      await open.settled();
      await app.pool.end();
    },
  };
}

async function answer(app: App, req: IncomingMessage, res: ServerResponse, cleanup: Cleanup): Promise<void> {
  const request = await readRequest(req);
  if (request === undefined) {
    res.destroy();
    return;
  }
  const reply = await respond(app, request);
  send(res, reply, {
    Vary: 'Origin',
    ...(request.headers.origin === undefined ? {} : { 'Access-Control-Expose-Headers': EXPOSED }),
  });
  if (request.method !== 'GET' && reply.status < 300) cleanup.step();
}

async function respond(app: App, req: AuthRequest): Promise<Reply> {
  try {
    return await dispatch(ROUTES, { ...app, req, params: {} }, req.path, {});
  } catch (error) {
    if (error instanceof RefreshError) return withSession(fail(app, req, error.error), error.trace);
    // Any text of a request may have it, so it is refused here, once.
    if (hasNulCharacter(error)) return fail(app, req, invalid('Text must not contain the character U+0000'));
    return fail(app, req, error);
  }
}

function fail(app: App, req: AuthRequest, error: unknown): Reply {
  if (!(error instanceof AuthError || error instanceof OAuthError)) reportUnexpected(app, req, error);
  else if (error instanceof AuthError && error.status >= 500)
    reportUnexpected(app, req, error.cause ?? error);
  return errorReply(error, apiVersion(req));
}

/** Logs only the message, which names the developer's failing trigger or hook: details may hold a user's input. */
function reportUnexpected(app: App, req: AuthRequest, error: unknown): void {
  app.logger.error(`auth: ${req.method} ${req.path} failed: ${errorMessage(error)}`);
}
