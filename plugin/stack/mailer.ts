/** A mail as a service hands it over: one recipient, HTML only (a text part is made from it). */
export interface OutgoingMail {
  readonly to: string;
  readonly subject: string;
  readonly html: string;
}

/** Where services send mail: the stack's inbox and, if configured, a real SMTP server. */
export interface Mailer {
  /** Resolves when the mail is in the inbox and, with SMTP, when that server has taken it; rejects if it refuses. */
  send(mail: OutgoingMail): Promise<void>;
}
