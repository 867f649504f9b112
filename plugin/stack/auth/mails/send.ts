import type { App } from '../app.ts';
import type { Db } from '../db/database.ts';
import { timestamp } from '../db/database.ts';
import { putOneTimeToken } from '../db/one-time-tokens.ts';
import { updateUser, type User } from '../db/users.ts';
import { hasHook, runHook } from '../hooks.ts';
import { tooMany } from '../errors.ts';
import type { AuthRequest } from '../http/request.ts';
import { randomCode } from '../passwords.ts';
import { serializeUser } from '../tokens/serialize-user.ts';
import { externalUrl, redirectTarget, siteUrl } from '../urls.ts';
import { frequencyMessage, hashCode, PKCE_PREFIX } from '../validate.ts';
import type { MailName, Notification } from './templates.ts';
import type { JsonObject } from '../../../shared/json.ts';

/** The kinds of mail with a code in them, by the `type` of their links. */
type LinkType = 'signup' | 'invite' | 'recovery' | 'magiclink' | 'email_change' | 'reauthentication';

type CodeType = Exclude<LinkType, 'email_change'>;
type TokenColumn = 'confirmation_token' | 'recovery_token' | 'reauthentication_token';
type SentColumn = 'confirmation_sent_at' | 'recovery_sent_at' | 'reauthentication_sent_at';

const TEMPLATE: Readonly<Record<LinkType, MailName>> = {
  signup: 'confirmation',
  invite: 'invite',
  recovery: 'recovery',
  magiclink: 'magic_link',
  email_change: 'email_change',
  reauthentication: 'reauthentication',
};

/** Where the token of each kind is kept in auth.users, and when it was sent. */
const COLUMNS: Readonly<Record<CodeType, readonly [TokenColumn, SentColumn]>> = {
  signup: ['confirmation_token', 'confirmation_sent_at'],
  invite: ['confirmation_token', 'confirmation_sent_at'],
  recovery: ['recovery_token', 'recovery_sent_at'],
  magiclink: ['recovery_token', 'recovery_sent_at'],
  reauthentication: ['reauthentication_token', 'reauthentication_sent_at'],
};

/**
 * Mails a code and link of this kind, and keeps its hash; an older one of the kind is void from then on.
 *
 * @throws AuthError 429 over_email_send_rate_limit
 */
export async function sendCode(
  app: App,
  req: AuthRequest,
  db: Db,
  user: User,
  type: CodeType,
  isPkce = false,
): Promise<void> {
  const [tokenColumn, sentColumn] = COLUMNS[type];
  const lastSent = user[sentColumn];
  if (type !== 'invite') checkFrequency(app, lastSent);
  const code = randomCode(app.settings.email.otpLength);
  const token = (isPkce ? PKCE_PREFIX : '') + hashCode(user.email, code);
  const now = timestamp();
  await deliver(app, req, db, user, { type, to: user.email, code, token });
  await updateUser(db, user, {
    [tokenColumn]: token,
    [sentColumn]: now,
    ...(type === 'invite' ? { invited_at: now } : {}),
  });
  await putOneTimeToken(db, user.id, tokenColumn, token, user.email);
}

/** Mails for a change of address: to the new one and, if `double_confirm_changes`, to the old one. */
export async function sendEmailChange(
  app: App,
  req: AuthRequest,
  db: Db,
  user: User,
  email: string,
  isPkce: boolean,
): Promise<void> {
  checkFrequency(app, user.email_change_sent_at);
  const prefix = isPkce ? PKCE_PREFIX : '';
  const length = app.settings.email.otpLength;
  const codeNew = randomCode(length);
  const codeCurrent = randomCode(length);
  const both = app.settings.email.doubleConfirmChanges && user.email !== '';
  const changes = {
    email_change: email,
    email_change_token_new: prefix + hashCode(email, codeNew),
    email_change_token_current: both
      ? prefix + hashCode(user.email, codeCurrent)
      : user.email_change_token_current,
    email_change_confirm_status: 0,
    email_change_sent_at: timestamp(),
  };
  const preview = { ...user, ...changes };
  const mails = [{ to: email, code: codeNew, token: changes.email_change_token_new }];
  if (both) mails.push({ to: user.email, code: codeCurrent, token: changes.email_change_token_current });
  await deliverEmailChange(app, req, db, preview, mails);
  await updateUser(db, user, changes);
  if (user.email_change_token_current !== '') {
    const token = user.email_change_token_current;
    await putOneTimeToken(db, user.id, 'email_change_token_current', token, user.email);
  }
  await putOneTimeToken(db, user.id, 'email_change_token_new', user.email_change_token_new, email);
}

/** Tells the user of a change, if `[auth.email.notification.*]` wants it; a failure is no reason to refuse the change. */
export async function notify(
  app: App,
  req: AuthRequest,
  user: User,
  name: Notification,
  data: Readonly<Record<string, string>> = {},
  to: string = user.email,
): Promise<void> {
  if (!app.settings.email.notifications.has(name) || to === '') return;
  const details = {
    SiteURL: siteUrl(app.settings, req),
    Email: user.email,
    Phone: user.phone,
    Data: user.raw_user_meta_data,
  };
  const mail = app.templates.render(`${name}_notification`, { ...details, ...data });
  await app.mailer.send({ to, ...mail }).catch(() => {
    app.logger.warn(`auth: the notification ${name} could not be sent`);
  });
}

/** The link of a mail: GET /verify with this token. */
export function actionLink(
  app: App,
  req: AuthRequest,
  type: string,
  token: string,
  redirectTo: string,
): string {
  // Escaped only where it would be read as part of the link; the original does just that.
  const target = /[&=#]/.test(redirectTo)
    ? encodeURIComponent(redirectTo).replaceAll('%20', '+')
    : redirectTo;
  return `${externalUrl(app.settings, req)}/verify?token=${token}&type=${type}&redirect_to=${target}`;
}

interface CodeMail {
  readonly type: LinkType;
  readonly to: string;
  readonly code: string;
  readonly token: string;
}

function checkFrequency(app: App, sentAt: string | null): void {
  const seconds = app.settings.email.maxFrequency;
  if (sentAt !== null && Date.parse(sentAt) + seconds * 1000 > Date.now()) {
    throw tooMany('over_email_send_rate_limit', frequencyMessage(sentAt, seconds));
  }
}

async function deliver(app: App, req: AuthRequest, db: Db, user: User, mail: CodeMail): Promise<void> {
  if (!app.settings.email.autoconfirm) app.limiter.checkEmail();
  if (hasHook(app, 'send_email')) {
    await callHook(app, req, db, user, {
      token: mail.code,
      token_hash: mail.token,
      email_action_type: mail.type,
    });
    return;
  }
  await sendRendered(app, req, user, mail);
}

async function deliverEmailChange(
  app: App,
  req: AuthRequest,
  db: Db,
  user: User,
  mails: readonly Omit<CodeMail, 'type'>[],
): Promise<void> {
  if (!app.settings.email.autoconfirm) app.limiter.checkEmail();
  const [toNew, toCurrent] = mails;
  if (hasHook(app, 'send_email')) {
    // The original pairs the codes crosswise: `token` belongs to the current address, `token_hash` to the new one.
    await callHook(app, req, db, user, {
      token: toCurrent?.code ?? toNew?.code ?? '',
      token_hash: toNew?.token ?? '',
      token_new: toCurrent ? (toNew?.code ?? '') : '',
      token_hash_new: toCurrent?.token ?? '',
      email_action_type: 'email_change',
    });
    return;
  }
  for (const mail of mails) await sendRendered(app, req, user, { type: 'email_change', ...mail });
}

async function sendRendered(app: App, req: AuthRequest, user: User, mail: CodeMail): Promise<void> {
  const redirectTo = redirectTarget(app.settings, req);
  const rendered = app.templates.render(TEMPLATE[mail.type], {
    SiteURL: siteUrl(app.settings, req),
    ConfirmationURL: actionLink(app, req, mail.type, mail.token, redirectTo),
    Email: user.email,
    NewEmail: user.email_change,
    SendingTo: mail.to,
    Token: mail.code,
    TokenHash: mail.token,
    Data: user.raw_user_meta_data,
    RedirectTo: redirectTo,
  });
  await app.mailer.send({ to: mail.to, ...rendered });
}

async function callHook(app: App, req: AuthRequest, db: Db, user: User, data: JsonObject): Promise<void> {
  const email_data = {
    token_new: '',
    token_hash_new: '',
    ...data,
    redirect_to: redirectTarget(app.settings, req),
    site_url: externalUrl(app.settings, req),
  };
  await runHook(app, req, 'send_email', { user: serializeUser(user), email_data }, db);
}
