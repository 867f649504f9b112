import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StackContext } from '../context.ts';
import type { Service } from '../service.ts';
import type { App } from './app.ts';
import { createCleanup } from './cleanup.ts';
import { createAuthPool } from './db/database.ts';
import { corsHeaders, isPreflight, preflightHeaders } from './http/cors.ts';
import { AuthError, OAuthError } from './errors.ts';
import { errorReply, send, type Reply } from './http/reply.ts';
import { readRequest, type AuthRequest } from './http/request.ts';
import { dispatch } from './http/router.ts';
import { createMailTemplates } from './mails/templates.ts';
import { createRateLimiter } from './rate-limit.ts';
import { ROUTES } from './routes.ts';
import { readAuthSettings } from './settings.ts';
import { createSigner } from './tokens/signer.ts';

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
    templates: createMailTemplates(settings.email.templates),
    limiter: createRateLimiter(settings.rateLimits),
    logger: context.logger,
  };
  const cleanUp = createCleanup(app);
  const open = new Set<Promise<void>>();
  return {
    handle(req, res) {
      const answered = answer(app, req, res, cleanUp)
        .catch(() => void res.destroy())
        .finally(() => open.delete(answered));
      open.add(answered);
    },
    async close() {
      await Promise.allSettled(open);
      await app.pool.end();
    },
  };
}

async function answer(
  app: App,
  req: IncomingMessage,
  res: ServerResponse,
  cleanUp: () => void,
): Promise<void> {
  const method = req.method ?? 'GET';
  if (isPreflight(method, req.headers)) {
    send(res, { status: 204 }, preflightHeaders(req.headers));
    return;
  }
  const request = await readRequest(req);
  const reply = await respond(app, request);
  send(res, reply, { ...corsHeaders(method, req.headers.origin), ...request.responseHeaders });
  if (method !== 'GET' && reply.status < 300) cleanUp();
}

async function respond(app: App, req: AuthRequest): Promise<Reply> {
  try {
    return await dispatch(app, req, ROUTES);
  } catch (error) {
    if (!(error instanceof AuthError || error instanceof OAuthError)) reportUnexpected(app, req, error);
    else if (error instanceof AuthError && error.status >= 500)
      reportUnexpected(app, req, error.cause ?? error);
    const version = req.headers['x-supabase-api-version'];
    return errorReply(error, typeof version === 'string' ? version : undefined);
  }
}

/** The developer's own triggers and hooks fail here: the message says which; details may hold what a user typed. */
function reportUnexpected(app: App, req: AuthRequest, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  app.logger.error(`auth: ${req.method} ${req.path} failed: ${message}`);
}
