/** A mail as a service sends it: one recipient, HTML only (the inbox derives the text from it). */
export interface OutgoingMail {
  readonly to: string;
  readonly subject: string;
  readonly html: string;
}

/** Sends the services' mails to the stack's inbox and, if configured, to a real SMTP server. */
export interface Mailer {
  /** Host of the SMTP server that receives every mail; undefined while mails stay in the inbox. */
  readonly server: string | undefined;
  /** Resolves when the SMTP server, if any, has accepted the mail and the inbox has it; rejects if that refuses. */
  send(mail: OutgoingMail): Promise<void>;
  /** Puts what is no mail, such as a text message, into the inbox only. */
  keep(message: OutgoingMail): void;
}
