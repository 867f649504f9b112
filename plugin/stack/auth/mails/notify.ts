import { errorMessage } from '../../../shared/errors.ts';
import type { Context } from '../app.ts';
import type { User } from '../db/users.ts';
import { fromJson } from '../go-template/values.ts';
import { siteUrl } from '../urls.ts';
import type { Notification } from '../templates/default-mails.ts';

interface Details {
  /** Values for the template beside those that every mail has. */
  readonly data?: Readonly<Record<string, string>>;
  /** The user's address by default. */
  readonly to?: string;
}

/**
 * Mails the user about a change, if `[auth.email.notification.*]` enables it. A failure is logged: the change stands
 * without its mail.
 */
export async function notify(
  ctx: Context,
  user: User,
  name: Notification,
  { data = {}, to = user.email }: Details = {},
): Promise<void> {
  if (!ctx.settings.email.notifications.has(name) || to === '') return;
  try {
    const mail = ctx.templates.render(`${name}_notification`, {
      SiteURL: siteUrl(ctx),
      Email: user.email,
      Data: fromJson(user.raw_user_meta_data),
      ...data,
    });
    await ctx.mailer.send({ to, ...mail });
  } catch (error) {
    ctx.logger.warn(`auth: the notification ${name} could not be sent: ${errorMessage(error)}`);
  }
}
