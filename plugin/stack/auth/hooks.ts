import { createHmac, randomUUID } from 'node:crypto';
import type { App, Context } from './app.ts';
import { timestamp, transaction, type Db } from './db/database.ts';
import { AuthError, internal } from './errors.ts';
import type { HookName, HookSettings } from './settings/hooks.ts';
import { resolveUrl, type ApiPlace } from '../stack-url.ts';
import { isObject, parseJson, type JsonObject } from '../../shared/json.ts';

// GoTrue v2.196 internal/hooks/

const POSTGRES_TIMEOUT_MS = 2000;
const HTTP_TIMEOUT_MS = 5000;
const HTTP_ATTEMPTS = 3;
const MAX_HTTP_ANSWER = 200 * 1024;

export function hasHook(app: App, name: HookName): boolean {
  return app.settings.hooks.has(name);
}

/**
 * Calls a hook with its input and returns its output ({} for an empty one). A function of the database runs as
 * `supabase_auth_admin`, in the transaction `db` if there is one, for at most two seconds.
 *
 * @throws AuthError the hook's own `error`, or 500 when the call fails
 */
export async function runHook(ctx: Context, name: HookName, input: JsonObject, db?: Db): Promise<JsonObject> {
  const hook = ctx.settings.hooks.get(name);
  if (!hook) return {};
  const metadata = {
    uuid: randomUUID(),
    time: timestamp(),
    name: name.replaceAll('_', '-'),
    ip_address: ctx.req.ip,
  };
  const payload = JSON.stringify({ metadata, ...input });
  const output =
    hook.kind === 'postgres'
      ? await callFunction(ctx, hook, payload, db)
      : await callUrl(hook, payload, ctx.api);
  const failure = isObject(output.error) ? output.error : undefined;
  if (failure && typeof failure.message === 'string' && failure.message !== '') {
    const asked = Number(failure.http_code);
    const status = Number.isInteger(asked) && asked >= 400 && asked <= 599 ? asked : 500;
    throw new AuthError(status, status >= 500 ? 'unexpected_failure' : 'unknown', failure.message);
  }
  return output;
}

async function callFunction(
  app: App,
  hook: Extract<HookSettings, { kind: 'postgres' }>,
  payload: string,
  db: Db | undefined,
): Promise<JsonObject> {
  const name = `${quoteIdentifier(hook.schema)}.${quoteIdentifier(hook.name)}`;
  const call = async (connection: Db): Promise<JsonObject> => {
    await connection.query(`set local statement_timeout to ${POSTGRES_TIMEOUT_MS}`);
    const { rows } = await connection.query<{ output: unknown }>(`select ${name}($1::jsonb) as output`, [
      payload,
    ]);
    await connection.query('set local statement_timeout to default');
    return isObject(rows[0]?.output) ? rows[0].output : {};
  };
  try {
    return await (db ? call(db) : transaction(app.pool, call));
  } catch (error) {
    throw internal(`Error running hook URI: pg-functions://postgres/${hook.schema}/${hook.name}`, error);
  }
}

/** Standard Webhooks (standardwebhooks.com): signed, and retried on 429 and 503 with Retry-After. */
async function callUrl(
  hook: Extract<HookSettings, { kind: 'http' }>,
  payload: string,
  api: ApiPlace,
): Promise<JsonObject> {
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(resolveUrl(hook.url, api), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...webhookHeaders(hook.secrets, payload) },
      body: payload,
      signal: AbortSignal.timeout(HTTP_TIMEOUT_MS),
    }).catch((error: unknown) => {
      throw internal(`Failed to reach hook within maximum time of ${HTTP_TIMEOUT_MS / 1000} seconds`, error);
    });
    const body = await response.text();
    if (response.ok) return parseAnswer(body);
    const mayRetry =
      (response.status === 429 || response.status === 503) && response.headers.has('retry-after');
    if (!mayRetry || attempt >= HTTP_ATTEMPTS) {
      throw internal(`Unexpected status code returned from hook: ${response.status}`);
    }
  }
}

function parseAnswer(body: string): JsonObject {
  if (body.trim() === '') return {};
  if (body.length > MAX_HTTP_ANSWER) throw internal('Payload size exceeded size limit of 200KB');
  const value = parseJson(body);
  if (value === undefined) throw internal('Error unmarshaling JSON output.');
  return isObject(value) ? value : {};
}

function webhookHeaders(secrets: readonly string[], payload: string): Record<string, string> {
  const id = randomUUID();
  const seconds = Math.floor(Date.now() / 1000);
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^v1,/, '').replace(/^whsec_/, ''), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${seconds}.${payload}`).digest('base64')}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    ...(signatures.length > 0 ? { 'webhook-signature': signatures.join(', ') } : {}),
  };
}

function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
