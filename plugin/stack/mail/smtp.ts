import type { Transporter } from 'nodemailer';
import type { OutgoingMail } from '../mailer.ts';
import type { MailSettings, SmtpServer } from './settings.ts';

// A sign-up waits for its mail.
const TIMEOUT_MS = 10_000;

/** Delivers mails through the SMTP server of `[auth.email.smtp]`. */
export class SmtpClient {
  readonly #transport: Transporter;
  readonly #from: MailSettings['from'];

  private constructor(transport: Transporter, from: MailSettings['from']) {
    this.#transport = transport;
    this.#from = from;
  }

  /** Loads nodemailer, which connects when it sends the first mail. */
  static async create(smtp: SmtpServer, from: MailSettings['from']): Promise<SmtpClient> {
    const { createTransport } = await import('nodemailer');
    const transport = createTransport({
      host: smtp.host,
      port: smtp.port,
      secure: smtp.port === 465,
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
      ...(smtp.user === '' ? {} : { auth: { user: smtp.user, pass: smtp.pass } }),
    });
    return new SmtpClient(transport, from);
  }

  /** Resolves when the server has accepted the mail. */
  async send(mail: OutgoingMail): Promise<void> {
    await this.#transport.sendMail({
      from: this.#from,
      // As an object it is one address; nodemailer would read a list from text with commas.
      to: { name: '', address: mail.to },
      subject: mail.subject,
      html: mail.html,
    });
  }

  close(): void {
    this.#transport.close();
  }
}
