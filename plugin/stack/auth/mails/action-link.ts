import type { Context } from '../app.ts';
import { externalUrl } from '../urls.ts';

// GoTrue v2.196 internal/mailer/mailer.go

/** The link of a mail: GET /verify with this token. */
export function actionLink(ctx: Context, type: string, token: string, redirectTo: string): string {
  // GoTrue escapes the target only if it holds a character that would end it within the link.
  const target = /[&=#]/.test(redirectTo)
    ? encodeURIComponent(redirectTo).replaceAll('%20', '+')
    : redirectTo;
  return `${externalUrl(ctx)}/verify?token=${token}&type=${type}&redirect_to=${target}`;
}
