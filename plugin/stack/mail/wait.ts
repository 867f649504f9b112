import type { Inbox, Mail } from './inbox.ts';

const DEFAULT_TIMEOUT_MS = 10_000;
const MAX_TIMEOUT_MS = 60_000;

/** Waits for mails, on behalf of `GET /api/v1/wait`. */
export class MailWaiter {
  readonly #inbox: Inbox;
  readonly #pending = new Set<() => void>();

  constructor(inbox: Inbox) {
    this.#inbox = inbox;
  }

  /**
   * Waits for a mail that matches the query.
   *
   * @param query `to` (address; any if absent), `subject` (part of it), `after` (id of a mail or ISO time; only newer
   * mails count, by default also those already in the inbox), `timeout` (ms, 10,000 by default, 60,000 at most)
   * @param gone settles when the client goes away
   * @returns undefined when no such mail arrived in time
   */
  wait(query: URLSearchParams, gone: Promise<void>): Promise<Mail | undefined> {
    const matches = matcher(query);
    const known = newerThan(this.#inbox, query.get('after')).find(matches);
    if (known) return Promise.resolve(known);
    return new Promise((resolve) => {
      const finish = (mail?: Mail): void => {
        clearTimeout(timer);
        stopListening();
        this.#pending.delete(finish);
        resolve(mail);
      };
      const timer = setTimeout(finish, timeoutOf(query));
      const stopListening = this.#inbox.onArrival((mail) => {
        if (matches(mail)) finish(mail);
      });
      this.#pending.add(finish);
      void gone.then(() => finish());
    });
  }

  /** Ends all waits without a mail. */
  close(): void {
    for (const finish of this.#pending) finish();
  }
}

function matcher(query: URLSearchParams): (mail: Mail) => boolean {
  const to = query.get('to')?.toLowerCase();
  const subject = query.get('subject')?.toLowerCase();
  return (mail) =>
    (to === undefined || mail.to.toLowerCase() === to) &&
    (subject === undefined || mail.subject.toLowerCase().includes(subject));
}

function newerThan(inbox: Inbox, after: string | null): readonly Mail[] {
  const mails = inbox.all();
  if (after === null) return mails;
  const index = mails.findIndex((mail) => mail.id === after);
  if (index >= 0) return mails.slice(0, index);
  const time = Date.parse(after);
  return Number.isNaN(time) ? mails : mails.filter((mail) => mail.created.getTime() > time);
}

function timeoutOf(query: URLSearchParams): number {
  const asked = Number(query.get('timeout') ?? DEFAULT_TIMEOUT_MS);
  return Number.isFinite(asked) ? Math.min(Math.max(asked, 0), MAX_TIMEOUT_MS) : DEFAULT_TIMEOUT_MS;
}
