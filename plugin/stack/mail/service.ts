import type { SupabaseConfig } from '../config/config.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Mailer } from '../mailer.ts';
import type { Service } from '../service.ts';
import { createInboxHandler } from './api.ts';
import { Inbox } from './inbox.ts';
import { readMailSettings } from './settings.ts';
import { createSmtpClient } from './smtp.ts';

/** The stack's mail: what services send with, and the inbox to read it in. */
export interface Mail {
  readonly mailer: Mailer;
  readonly service: Service;
}

/** Every mail stays in memory, in the inbox; with `[auth.email.smtp]` it is delivered as well. */
export async function createMailService(config: SupabaseConfig, logger: Logger): Promise<Mail> {
  const settings = readMailSettings(config);
  const inbox = new Inbox(settings.from);
  const smtp = settings.smtp && (await createSmtpClient(settings.smtp, settings.from));
  if (settings.smtp) logger.info(`Mail is delivered through ${settings.smtp.host}, and kept in the inbox`);
  const handler = createInboxHandler(inbox);
  return {
    mailer: {
      async send(mail) {
        inbox.add(mail);
        await smtp?.send(mail);
      },
    },
    service: {
      handle: (req, res) => handler.handle(req, res),
      async close() {
        handler.close();
        smtp?.close();
      },
    },
  };
}
