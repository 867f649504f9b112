import type { IncomingMessage, ServerResponse } from 'node:http';
import { isObject, parseJson, type JsonObject } from '../../shared/json.ts';
import { readBody } from '../http/read-body.ts';
import type { Inbox, Mail } from './inbox.ts';
import { describeMail, mailHeaders, rawMail, summarizeMail } from './message.ts';
import { INBOX_PAGE, INBOX_PAGE_POLICY } from './page.ts';
import { parseSearch } from './search.ts';
import { MailWaiter } from './wait.ts';

const MAX_BODY_BYTES = 1024 * 1024;
const DEFAULT_LIMIT = 50;
// A mail is foreign HTML: no scripts, no forms; its links open outside the frame.
const MAIL_POLICY =
  "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src * data:; style-src * 'unsafe-inline'; font-src *";

interface Reply {
  readonly status?: number;
  readonly type?: string;
  readonly body: string;
  readonly headers?: Record<string, string>;
}

const json = (value: unknown): Reply => ({ type: 'application/json', body: JSON.stringify(value) });
const text = (body: string, status = 200): Reply => ({ status, type: 'text/plain; charset=utf-8', body });
const ok: Reply = text('ok');
const notFound: Reply = text('Error: message not found', 404);

/**
 * The inbox over HTTP: Mailpit's API (https://mailpit.axllent.org/docs/api-v1/), `GET /api/v1/wait` to wait for a mail,
 * and a page at `/` to read mails. All addresses in the page are relative, so it works under any prefix.
 */
export class InboxApi {
  readonly #inbox: Inbox;
  readonly #waiter: MailWaiter;

  constructor(inbox: Inbox) {
    this.#inbox = inbox;
    this.#waiter = new MailWaiter(inbox);
  }

  /** Responds to one request. */
  handle(req: IncomingMessage, res: ServerResponse): void {
    this.#reply(req, res)
      .then(({ status = 200, type = 'text/plain', body, headers }) => {
        res.writeHead(status, {
          'Content-Type': type,
          'Cache-Control': 'no-store',
          'X-Content-Type-Options': 'nosniff',
          ...headers,
        });
        res.end(req.method === 'HEAD' ? undefined : body);
      })
      .catch(() => res.destroy());
  }

  /** Ends the requests that wait for a mail. */
  close(): void {
    this.#waiter.close();
  }

  #wait(url: URL, res: ServerResponse): Promise<Mail | undefined> {
    const gone = new Promise<void>((resolve) => res.once('close', resolve));
    return this.#waiter.wait(url.searchParams, gone);
  }

  async #reply(req: IncomingMessage, res: ServerResponse): Promise<Reply> {
    const inbox = this.#inbox;
    const url = new URL(req.url ?? '/', 'http://inbox');
    const route = `${req.method === 'HEAD' ? 'GET' : (req.method ?? 'GET')} ${url.pathname}`;
    switch (route) {
      case 'GET /':
        return {
          type: 'text/html; charset=utf-8',
          body: INBOX_PAGE,
          headers: { 'Content-Security-Policy': INBOX_PAGE_POLICY },
        };
      case 'GET /api/v1/messages':
        return json(listPage(inbox.all(), inbox.all(), url.searchParams));
      case 'PUT /api/v1/messages':
        return withJson(req, (body) => markRead(inbox, body));
      case 'DELETE /api/v1/messages':
        return withJson(req, (body) => removeMails(inbox, body));
      case 'GET /api/v1/search':
        return json(listPage(search(inbox, url), inbox.all(), url.searchParams));
      case 'DELETE /api/v1/search':
        inbox.remove(new Set(search(inbox, url).map((mail) => mail.id)));
        return ok;
      case 'GET /api/v1/wait': {
        const mail = await this.#wait(url, res);
        return mail ? json(describeMail(mail)) : text('Error: no such mail in time', 408);
      }
      case 'GET /arrival':
        // For the page, which then reads the list: an error status would fill the browser's console.
        await this.#wait(url, res);
        return { status: 204, body: '' };
      case 'GET /api/v1/info':
        return json({
          Version: 'vite-plugin-supabase',
          Messages: inbox.all().length,
          Unread: countUnread(inbox.all()),
        });
      default:
        return readMail(inbox, route);
    }
  }
}

function readMail(inbox: Inbox, route: string): Reply {
  const [, id, part] = /^GET \/api\/v1\/message\/(\w+)(?:\/(headers|raw))?$/.exec(route) ?? [];
  const [, viewId, extension] = /^GET \/view\/(\w+)\.(html|txt)$/.exec(route) ?? [];
  if (id === undefined && viewId === undefined) return text('404 page not found', 404);
  const mail = inbox.find(id ?? viewId ?? '');
  if (!mail) return notFound;
  if (part === 'headers') return json(mailHeaders(mail));
  if (part === 'raw') return text(rawMail(mail));
  mail.read = true;
  if (extension === 'txt') return text(mail.text);
  if (extension === 'html') {
    return {
      type: 'text/html; charset=utf-8',
      body: `<base target="_blank">${mail.html}`,
      headers: { 'Content-Security-Policy': MAIL_POLICY, 'Referrer-Policy': 'no-referrer' },
    };
  }
  return json(describeMail(mail));
}

function listPage(mails: readonly Mail[], all: readonly Mail[], query: URLSearchParams): unknown {
  const start = Math.max(0, Number(query.get('start')) || 0);
  const limit = Math.max(0, Number(query.get('limit') ?? DEFAULT_LIMIT) || 0);
  const page = mails.slice(start, start + limit);
  return {
    total: all.length,
    unread: countUnread(all),
    count: page.length,
    messages_count: mails.length,
    messages_unread: countUnread(mails),
    start,
    tags: [],
    messages: page.map(summarizeMail),
  };
}

function search(inbox: Inbox, url: URL): Mail[] {
  return inbox.all().filter(parseSearch(url.searchParams.get('query') ?? ''));
}

function markRead(inbox: Inbox, body: JsonObject): Reply {
  const ids = Array.isArray(body.IDs) && body.IDs.length > 0 ? new Set<unknown>(body.IDs) : undefined;
  for (const mail of inbox.all()) if (ids === undefined || ids.has(mail.id)) mail.read = body.Read === true;
  return ok;
}

function removeMails(inbox: Inbox, body: JsonObject): Reply {
  if (Array.isArray(body.IDs) && body.IDs.length > 0) inbox.remove(new Set(body.IDs.map(String)));
  else inbox.clear();
  return ok;
}

function countUnread(mails: readonly Mail[]): number {
  return mails.filter((mail) => !mail.read).length;
}

/** Calls `use` with the body as a JSON object; without a body with an empty one. */
async function withJson(req: IncomingMessage, use: (body: JsonObject) => Reply): Promise<Reply> {
  const body = await readBody(req, MAX_BODY_BYTES);
  if (body === 'aborted') throw new Error('the client went away');
  if (body === 'too-large') return text(`Error: the body is larger than ${MAX_BODY_BYTES} bytes`, 413);
  const value = body.length === 0 ? {} : parseJson(body.toString());
  return isObject(value) ? use(value) : text('Error: the body must be a JSON object', 400);
}
