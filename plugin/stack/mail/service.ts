import type { SupabaseConfig } from '../config/config.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Mailer } from '../mailer.ts';
import type { Service } from '../service.ts';
import { InboxApi } from './api.ts';
import { Inbox } from './inbox.ts';
import { readMailSettings } from './settings.ts';
import { SmtpClient } from './smtp.ts';

/** The stack's mail: the mailer that services send with, and the inbox as a service. */
export interface MailService {
  readonly mailer: Mailer;
  readonly service: Service;
}

/** Text for a header: a line break in it would begin another one, with whatever a user wrote there. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}

/** Keeps every mail in the inbox, in memory; `[auth.email.smtp]` delivers it as well. */
export async function createMailService(config: SupabaseConfig, logger: Logger): Promise<MailService> {
  const settings = readMailSettings(config);
  const inbox = new Inbox(settings.from);
  const smtp = settings.smtp && (await SmtpClient.create(settings.smtp, settings.from));
  if (settings.smtp) logger.info(`Mail is delivered through ${settings.smtp.host}, and kept in the inbox`);
  const api = new InboxApi(inbox);
  return {
    mailer: {
      async send(outgoing) {
        const mail = { ...outgoing, to: oneLine(outgoing.to), subject: oneLine(outgoing.subject) };
        inbox.add(mail);
        await smtp?.send(mail);
      },
    },
    service: {
      handle: (req, res) => api.handle(req, res),
      async close() {
        api.close();
        smtp?.close();
      },
    },
  };
}
