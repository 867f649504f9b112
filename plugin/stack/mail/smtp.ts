import type { OutgoingMail } from '../mailer.ts';
import type { MailSettings } from './settings.ts';

/** Delivers through the SMTP server of `[auth.email.smtp]`. */
interface SmtpClient {
  send(mail: OutgoingMail): Promise<void>;
  close(): void;
}

/** Loads nodemailer only when a server is configured; it connects when the first mail is sent. */
export async function createSmtpClient(
  smtp: NonNullable<MailSettings['smtp']>,
  from: MailSettings['from'],
): Promise<SmtpClient> {
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({
    host: smtp.host,
    port: smtp.port,
    secure: smtp.port === 465,
    ...(smtp.user === '' ? {} : { auth: { user: smtp.user, pass: smtp.pass } }),
  });
  return {
    async send(mail) {
      await transport.sendMail({ from, to: mail.to, subject: mail.subject, html: mail.html });
    },
    close: () => transport.close(),
  };
}
