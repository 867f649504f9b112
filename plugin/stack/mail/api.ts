import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Inbox, Mail } from './inbox.ts';
import { describeMail, mailHeaders, rawMail, summarizeMail } from './message.ts';
import { INBOX_PAGE, INBOX_PAGE_POLICY } from './page.ts';
import { parseSearch } from './search.ts';
import { createWaiter } from './wait.ts';

const MAX_BODY_BYTES = 1024 * 1024;
const DEFAULT_LIMIT = 50;
// The mail is somebody else's HTML: no scripts, no forms; its links open outside the frame.
const MAIL_POLICY =
  "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src * data:; style-src * 'unsafe-inline'; font-src *";

interface Answer {
  readonly status?: number;
  readonly type?: string;
  readonly body: string;
  readonly headers?: Record<string, string>;
}

const json = (value: unknown): Answer => ({ type: 'application/json', body: JSON.stringify(value) });
const text = (body: string, status = 200): Answer => ({ status, type: 'text/plain; charset=utf-8', body });
const ok: Answer = text('ok');
const notFound: Answer = text('Error: message not found', 404);

/**
 * The inbox over HTTP: Mailpit's API (https://mailpit.axllent.org/docs/api-v1/), `GET /api/v1/wait` to wait for a mail,
 * and a page at `/` to read them. All addresses in the page are relative, so it works under any prefix.
 */
export function createInboxHandler(inbox: Inbox): {
  handle(req: IncomingMessage, res: ServerResponse): void;
  close(): void;
} {
  const waiter = createWaiter(inbox);
  const answer = async (req: IncomingMessage, gone: Promise<void>): Promise<Answer> => {
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
        return markRead(inbox, await readJson(req));
      case 'DELETE /api/v1/messages':
        return removeMails(inbox, await readJson(req));
      case 'GET /api/v1/search':
        return json(listPage(search(inbox, url), inbox.all(), url.searchParams));
      case 'DELETE /api/v1/search':
        inbox.remove(new Set(search(inbox, url).map((mail) => mail.id)));
        return ok;
      case 'GET /api/v1/wait': {
        const mail = await waiter.wait(url.searchParams, gone);
        return mail ? json(describeMail(mail)) : text('Error: no such mail in time', 408);
      }
      case 'GET /api/v1/info':
        return json({
          Version: 'vite-plugin-supabase',
          Messages: inbox.all().length,
          Unread: countUnread(inbox.all()),
        });
      default:
        return readMail(inbox, route);
    }
  };
  return {
    handle(req, res) {
      const reply = async (): Promise<void> => {
        const gone = new Promise<void>((resolve) => res.once('close', resolve));
        const found = await answer(req, gone).catch((error: unknown) =>
          text(`Error: ${error instanceof Error ? error.message : ''}`, 400),
        );
        const { status = 200, type = 'text/plain', body, headers } = found;
        res.writeHead(status, {
          'Content-Type': type,
          'Cache-Control': 'no-store',
          'X-Content-Type-Options': 'nosniff',
          ...headers,
        });
        res.end(req.method === 'HEAD' ? undefined : body);
      };
      reply().catch(() => res.destroy());
    },
    close: () => waiter.close(),
  };
}

function readMail(inbox: Inbox, route: string): Answer {
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

function markRead(inbox: Inbox, body: { IDs?: unknown; Read?: unknown }): Answer {
  const ids = Array.isArray(body.IDs) && body.IDs.length > 0 ? new Set<unknown>(body.IDs) : undefined;
  for (const mail of inbox.all()) if (ids === undefined || ids.has(mail.id)) mail.read = body.Read === true;
  return ok;
}

function removeMails(inbox: Inbox, body: { IDs?: unknown }): Answer {
  if (Array.isArray(body.IDs) && body.IDs.length > 0) inbox.remove(new Set(body.IDs.map(String)));
  else inbox.clear();
  return ok;
}

function countUnread(mails: readonly Mail[]): number {
  return mails.filter((mail) => !mail.read).length;
}

async function readJson(req: IncomingMessage): Promise<{ IDs?: unknown; Read?: unknown }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Error('request body too large');
    chunks.push(chunk);
  }
  const body: unknown = size === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString());
  return typeof body === 'object' && body !== null ? body : {};
}
