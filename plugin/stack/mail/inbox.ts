import { randomBytes } from 'node:crypto';
import type { OutgoingMail } from '../mailer.ts';
import { htmlToText } from './text.ts';

/** A mail in memory; `html` was sent, `text` is derived from it. */
export interface Mail {
  readonly id: string;
  readonly messageId: string;
  readonly from: { readonly name: string; readonly address: string };
  readonly to: string;
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  readonly created: Date;
  /** Bytes of subject and body. */
  readonly size: number;
  read: boolean;
}

// A development inbox is read at once or never, so the oldest mails are dropped.
const MAX_MAILS = 500;
const MAX_BYTES = 32 * 1024 * 1024;

/** The mails, bounded in number and size. */
export class Inbox {
  readonly #from: Mail['from'];
  #mails: Mail[] = [];
  #bytes = 0;
  readonly #arrivals = new Set<(mail: Mail) => void>();

  constructor(from: Mail['from']) {
    this.#from = from;
  }

  add(outgoing: OutgoingMail): Mail {
    const id = randomBytes(12).toString('base64url').replaceAll(/[-_]/g, 'x');
    const mail: Mail = {
      id,
      messageId: `${id}@supabase.local`,
      from: this.#from,
      to: outgoing.to,
      subject: outgoing.subject,
      html: outgoing.html,
      text: htmlToText(outgoing.html),
      created: new Date(),
      size: Buffer.byteLength(outgoing.html) + Buffer.byteLength(outgoing.subject),
      read: false,
    };
    this.#mails.unshift(mail);
    this.#bytes += mail.size;
    while (this.#mails.length > MAX_MAILS || (this.#bytes > MAX_BYTES && this.#mails.length > 1)) {
      this.#bytes -= this.#mails.pop()?.size ?? 0;
    }
    for (const arrived of this.#arrivals) arrived(mail);
    return mail;
  }

  /** Newest first. */
  all(): readonly Mail[] {
    return this.#mails;
  }

  /** By id, or the newest one for the id `latest`. */
  find(id: string): Mail | undefined {
    return id === 'latest' ? this.#mails[0] : this.#mails.find((mail) => mail.id === id);
  }

  remove(ids: ReadonlySet<string>): void {
    this.#mails = this.#mails.filter((mail) => !ids.has(mail.id));
    this.#bytes = this.#mails.reduce((sum, mail) => sum + mail.size, 0);
  }

  clear(): void {
    this.#mails = [];
    this.#bytes = 0;
  }

  /** Calls `arrived` for every new mail, until the returned function is called. */
  onArrival(arrived: (mail: Mail) => void): () => void {
    this.#arrivals.add(arrived);
    return () => this.#arrivals.delete(arrived);
  }
}
