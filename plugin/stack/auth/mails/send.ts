import type { App, Context } from '../app.ts';
import { type Db, timestamp } from '../db/database.ts';
import { putOneTimeToken } from '../db/one-time-tokens.ts';
import { updateUser, type User } from '../db/users.ts';
import { hasHook, runHook } from '../hooks.ts';
import { tooMany } from '../errors.ts';
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
  ctx: Context,
  db: Db,
  user: User,
  type: CodeType,
  isPkce = false,
): Promise<void> {
  const [tokenColumn, sentColumn] = COLUMNS[type];
  const lastSent = user[sentColumn];
  if (type !== 'invite') checkFrequency(ctx, lastSent);
  const code = randomCode(ctx.settings.email.otpLength);
  const token = (isPkce ? PKCE_PREFIX : '') + hashCode(user.email, code);
  const now = timestamp();
  await deliver(ctx, db, user, { type, to: user.email, code, token });
  await updateUser(db, user, {
    [tokenColumn]: token,
    [sentColumn]: now,
    ...(type === 'invite' ? { invited_at: now } : {}),
  });
  await putOneTimeToken(db, user.id, tokenColumn, token, user.email);
}

/** Mails for a change of address: to the new one and, if `double_confirm_changes`, to the old one. */
export async function sendEmailChange(
  ctx: Context,
  db: Db,
  user: User,
  email: string,
  isPkce: boolean,
): Promise<void> {
  checkFrequency(ctx, user.email_change_sent_at);
  const prefix = isPkce ? PKCE_PREFIX : '';
  const length = ctx.settings.email.otpLength;
  const codeNew = randomCode(length);
  const codeCurrent = randomCode(length);
  const both = ctx.settings.email.doubleConfirmChanges && user.email !== '';
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
  await deliverEmailChange(ctx, db, preview, mails);
  await updateUser(db, user, changes);
  if (user.email_change_token_current !== '') {
    const token = user.email_change_token_current;
    await putOneTimeToken(db, user.id, 'email_change_token_current', token, user.email);
  }
  await putOneTimeToken(db, user.id, 'email_change_token_new', user.email_change_token_new, email);
}

/** Tells the user of a change, if `[auth.email.notification.*]` wants it; a failure is no reason to refuse the change. */
export async function notify(
  ctx: Context,
  user: User,
  name: Notification,
  data: Readonly<Record<string, string>> = {},
  to: string = user.email,
): Promise<void> {
  if (!ctx.settings.email.notifications.has(name) || to === '') return;
  const details = {
    SiteURL: siteUrl(ctx),
    Email: user.email,
    Phone: user.phone,
    Data: user.raw_user_meta_data,
  };
  const mail = ctx.templates.render(`${name}_notification`, { ...details, ...data });
  await ctx.mailer.send({ to, ...mail }).catch(() => {
    ctx.logger.warn(`auth: the notification ${name} could not be sent`);
  });
}

/** The link of a mail: GET /verify with this token. */
export function actionLink(ctx: Context, type: string, token: string, redirectTo: string): string {
  // Escaped only where it would be read as part of the link; the original does just that.
  const target = /[&=#]/.test(redirectTo)
    ? encodeURIComponent(redirectTo).replaceAll('%20', '+')
    : redirectTo;
  return `${externalUrl(ctx)}/verify?token=${token}&type=${type}&redirect_to=${target}`;
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

async function deliver(ctx: Context, db: Db, user: User, mail: CodeMail): Promise<void> {
  if (!ctx.settings.email.autoconfirm) ctx.limiter.checkEmail();
  if (hasHook(ctx, 'send_email')) {
    await callHook(ctx, db, user, {
      token: mail.code,
      token_hash: mail.token,
      email_action_type: mail.type,
    });
    return;
  }
  await sendRendered(ctx, user, mail);
}

async function deliverEmailChange(
  ctx: Context,
  db: Db,
  user: User,
  mails: readonly Omit<CodeMail, 'type'>[],
): Promise<void> {
  if (!ctx.settings.email.autoconfirm) ctx.limiter.checkEmail();
  const [toNew, toCurrent] = mails;
  if (hasHook(ctx, 'send_email')) {
    // The original pairs the codes crosswise: `token` belongs to the current address, `token_hash` to the new one.
    await callHook(ctx, db, user, {
      token: toCurrent?.code ?? toNew?.code ?? '',
      token_hash: toNew?.token ?? '',
      token_new: toCurrent ? (toNew?.code ?? '') : '',
      token_hash_new: toCurrent?.token ?? '',
      email_action_type: 'email_change',
    });
    return;
  }
  for (const mail of mails) await sendRendered(ctx, user, { type: 'email_change', ...mail });
}

async function sendRendered(ctx: Context, user: User, mail: CodeMail): Promise<void> {
  const redirectTo = redirectTarget(ctx);
  const rendered = ctx.templates.render(TEMPLATE[mail.type], {
    SiteURL: siteUrl(ctx),
    ConfirmationURL: actionLink(ctx, mail.type, mail.token, redirectTo),
    Email: user.email,
    NewEmail: user.email_change,
    SendingTo: mail.to,
    Token: mail.code,
    TokenHash: mail.token,
    Data: user.raw_user_meta_data,
    RedirectTo: redirectTo,
  });
  await ctx.mailer.send({ to: mail.to, ...rendered });
}

async function callHook(ctx: Context, db: Db, user: User, data: JsonObject): Promise<void> {
  const email_data = {
    token_new: '',
    token_hash_new: '',
    ...data,
    redirect_to: redirectTarget(ctx),
    site_url: externalUrl(ctx),
  };
  await runHook(ctx, 'send_email', { user: serializeUser(user), email_data }, db);
}
