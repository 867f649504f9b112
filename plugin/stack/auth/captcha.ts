import type { Context } from './app.ts';
import { admin } from './guards.ts';
import { badRequest, internal } from './errors.ts';
import { parseParams } from './http/go-json.ts';
import { readText } from './http/request.ts';
import { isObject } from '../../shared/json.ts';

// GoTrue v2.196 internal/security/captcha.go, internal/api/middleware.go

const VERIFY_URLS: ReadonlyMap<string, string> = new Map([
  ['hcaptcha', 'https://hcaptcha.com/siteverify'],
  ['turnstile', 'https://challenges.cloudflare.com/turnstile/v0/siteverify'],
]);
const TIMEOUT_MS = 10_000;
const BODY = { name: 'captchaRequest', fields: { gotrue_meta_security: 'object' } } as const;
const FREE_GRANTS = new Set(['pkce', 'refresh_token', 'id_token']);

/** Verifies `gotrue_meta_security.captcha_token` with the service of `[auth.captcha]`; administrators need none. */
export async function requireCaptcha(ctx: Context): Promise<void> {
  const { req, settings } = ctx;
  const { captcha } = settings;
  if (!captcha) return;
  if (await isAdmin(ctx)) return;
  if (req.path === '/token' && FREE_GRANTS.has(req.query.get('grant_type') ?? '')) return;
  const security = parseParams(readText(req), BODY).gotrue_meta_security;
  const token = typeof security?.captcha_token === 'string' ? security.captcha_token.trim() : '';
  const refuse = (reason: string): Error =>
    badRequest('captcha_failed', `captcha protection: request disallowed (${reason})`);
  if (token === '') throw refuse('no captcha_token found');
  const result = await ask(VERIFY_URLS.get(captcha.provider) ?? '', captcha.secret, token, req.ip);
  if (result.success !== true) {
    throw refuse(Array.isArray(result['error-codes']) ? result['error-codes'].join(', ') : '');
  }
}

async function isAdmin(ctx: Context): Promise<boolean> {
  try {
    await admin(ctx);
    return true;
  } catch {
    return false;
  }
}

async function ask(url: string, secret: string, token: string, ip: string): Promise<Record<string, unknown>> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: new URLSearchParams({ secret, response: token, remoteip: ip }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const body: unknown = await response.json();
    return isObject(body) ? body : {};
  } catch (error) {
    throw internal('captcha verification process failed', error);
  }
}
