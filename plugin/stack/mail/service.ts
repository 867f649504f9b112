import type { SupabaseConfig } from '../config/config.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Mailer, OutgoingMail } from '../mailer.ts';
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

function withPlainHeaders(mail: OutgoingMail): OutgoingMail {
  return { ...mail, to: oneLine(mail.to), subject: oneLine(mail.subject) };
}

/** Text for a header: a line break in it would begin another one, with whatever a user wrote there. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}

/** Keeps every mail in the inbox, in memory; a server of `[auth.email.smtp]` may get it as well. */
export async function createMailService(config: SupabaseConfig, logger: Logger): Promise<MailService> {
  const settings = readMailSettings(config);
  const inbox = new Inbox(settings.from);
  const server = settings.isDelivering ? settings.smtp : undefined;
  const smtp = server && (await SmtpClient.create(server, settings.from));
  if (settings.smtp && !server) {
    logger.info(
      `Mail stays in the inbox. To deliver it through ${settings.smtp.host} ([auth.email.smtp]), set SUPABASE_SEND_MAIL=true`,
    );
  }
  const api = new InboxApi(inbox);
  return {
    mailer: {
      server: server?.host,
      async send(outgoing) {
        const mail = withPlainHeaders(outgoing);
        await smtp?.send(mail);
        inbox.add(mail);
      },
      keep: (message) => void inbox.add(withPlainHeaders(message)),
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
