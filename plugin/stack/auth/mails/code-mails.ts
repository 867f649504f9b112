import type { JsonObject } from '../../../shared/json.ts';
import type { Context } from '../app.ts';
import { timestamp, type Db } from '../db/database.ts';
import { failAs } from '../db/failures.ts';
import { putOneTimeToken } from '../db/one-time-tokens.ts';
import { updateUser, type User } from '../db/users.ts';
import { fromJson, type GoMap } from '../go-template/values.ts';
import { hasHook, runHook } from '../hooks.ts';
import { hashCode, randomCode } from '../secrets/codes.ts';
import { PKCE_PREFIX } from '../secrets/pkce.ts';
import { serializeUser } from '../tokens/serialize-user.ts';
import { externalUrl, redirectTarget, siteUrl } from '../urls.ts';
import { actionLink } from './action-link.ts';
import { isTooSoon, lastSent, saveCode, tooSoon, type CodePurpose } from './codes.ts';
import type { MailName } from '../templates/default-mails.ts';

// GoTrue v2.196 internal/api/mail.go

/** The kinds of mail with a code, by the `type` of their links. */
type LinkType = 'signup' | 'invite' | 'recovery' | 'magiclink' | 'email_change' | 'reauthentication';
type CodeType = Exclude<LinkType, 'email_change'>;

const TEMPLATE: Readonly<Record<LinkType, MailName>> = {
  signup: 'confirmation',
  invite: 'invite',
  recovery: 'recovery',
  magiclink: 'magic_link',
  email_change: 'email_change',
  reauthentication: 'reauthentication',
};

const NOT_SENT: Readonly<Record<LinkType, string>> = {
  signup: 'Error sending confirmation email',
  invite: 'Error sending invite email',
  recovery: 'Error sending recovery email',
  magiclink: 'Error sending magic link email',
  email_change: 'Error sending email change email',
  reauthentication: 'Error sending reauthentication email',
};

const PURPOSE: Readonly<Record<CodeType, CodePurpose>> = {
  signup: 'confirmation',
  invite: 'confirmation',
  recovery: 'recovery',
  magiclink: 'recovery',
  reauthentication: 'reauthentication',
};

/**
 * Mails a code and link of this kind, and stores its hash.
 *
 * @param mail.isPkce whether the link ends in an auth code
 * @throws AuthError 429 over_email_send_rate_limit, 500 with GoTrue's words when the SMTP server or the database refuses
 */
export async function sendCode(
  ctx: Context,
  db: Db,
  user: User,
  mail: { readonly type: CodeType; readonly isPkce?: boolean },
): Promise<void> {
  const { type, isPkce = false } = mail;
  const purpose = PURPOSE[type];
  if (type !== 'invite') checkFrequency(ctx, lastSent(user, purpose));
  const code = randomCode(ctx.settings.email.otpLength);
  const hash = (isPkce ? PKCE_PREFIX : '') + hashCode(user.email, code);
  await deliver(ctx, db, user, { type, to: user.email, code, hash }).catch(failAs(NOT_SENT[type]));
  const isInvite = type === 'invite';
  const changes = isInvite ? { invited_at: timestamp() } : {};
  await saveCode(db, user, { purpose, hash, recipient: user.email, changes }).catch(
    failAs(isInvite ? 'Error inviting user' : NOT_SENT[type]),
  );
}

/** Mails for a change of address: to the new one and, with `double_confirm_changes`, to the current one. */
export async function sendEmailChange(
  ctx: Context,
  db: Db,
  user: User,
  { email, isPkce }: { readonly email: string; readonly isPkce: boolean },
): Promise<void> {
  checkFrequency(ctx, user.email_change_sent_at);
  const prefix = isPkce ? PKCE_PREFIX : '';
  const length = ctx.settings.email.otpLength;
  const [codeNew, codeCurrent] = [randomCode(length), randomCode(length)];
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
  const { email_change_token_new: hashNew, email_change_token_current: hashCurrent } = changes;
  const mails = [{ to: email, code: codeNew, hash: hashNew }];
  if (both) mails.push({ to: user.email, code: codeCurrent, hash: hashCurrent });
  const failed = failAs(NOT_SENT.email_change);
  await deliverEmailChange(ctx, db, { ...user, ...changes }, mails).catch(failed);
  await updateUser(db, user, changes).catch(failed);
  await saveEmailChangeTokens(db, user).catch(failed);
}

/** Stores the hashes of the codes for a change of address, as the user's columns have them. */
export async function saveEmailChangeTokens(db: Db, user: User): Promise<void> {
  const { email_change_token_current: current, email_change_token_new: next } = user;
  if (current !== '') {
    const token = { type: 'email_change_token_current', hash: current, relatesTo: user.email } as const;
    await putOneTimeToken(db, user.id, token);
  }
  if (next !== '') {
    const token = { type: 'email_change_token_new', hash: next, relatesTo: user.email_change } as const;
    await putOneTimeToken(db, user.id, token);
  }
}

interface CodeMail {
  readonly type: LinkType;
  readonly to: string;
  readonly code: string;
  readonly hash: string;
}

function checkFrequency(ctx: Context, sentAt: string | null): void {
  const seconds = ctx.settings.email.maxFrequency;
  if (isTooSoon(sentAt, seconds)) throw tooSoon('over_email_send_rate_limit', sentAt, seconds);
}

async function deliver(ctx: Context, db: Db, user: User, mail: CodeMail): Promise<void> {
  if (!ctx.settings.email.autoconfirm) ctx.limiter.checkEmail();
  if (!hasHook(ctx, 'send_email')) return sendRendered(ctx, user, mail);
  const data = { token: mail.code, token_hash: mail.hash, email_action_type: mail.type };
  return callHook(ctx, db, user, data);
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
    // GoTrue pairs them crosswise: `token` belongs to the current address, `token_hash` to the new one.
    await callHook(ctx, db, user, {
      token: toCurrent?.code ?? toNew?.code ?? '',
      token_hash: toNew?.hash ?? '',
      token_new: toCurrent ? (toNew?.code ?? '') : '',
      token_hash_new: toCurrent?.hash ?? '',
      email_action_type: 'email_change',
    });
    return;
  }
  for (const mail of mails) await sendRendered(ctx, user, { type: 'email_change', ...mail });
}

async function sendRendered(ctx: Context, user: User, mail: CodeMail): Promise<void> {
  const rendered = ctx.templates.render(TEMPLATE[mail.type], templateData(ctx, user, mail));
  await ctx.mailer.send({ to: mail.to, ...rendered });
}

/** The values of each kind of mail, as GoTrue's templatemailer.go has them. */
function templateData(ctx: Context, user: User, { type, to, code, hash }: CodeMail): GoMap {
  const Data = fromJson(user.raw_user_meta_data);
  const base = { SiteURL: siteUrl(ctx), Email: user.email, Token: code, Data };
  if (type === 'reauthentication') return base;
  const redirectTo = redirectTarget(ctx);
  const linked = {
    ...base,
    ConfirmationURL: actionLink(ctx, type, hash, redirectTo),
    TokenHash: hash,
    RedirectTo: redirectTo,
  };
  return type === 'email_change' ? { ...linked, NewEmail: user.email_change, SendingTo: to } : linked;
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
