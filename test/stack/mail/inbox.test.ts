import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { loadConfig } from '../../../plugin/stack/config/config.ts';
import { InboxApi } from '../../../plugin/stack/mail/api.ts';
import { Inbox } from '../../../plugin/stack/mail/inbox.ts';
import { createMailService } from '../../../plugin/stack/mail/service.ts';

let inbox: Inbox;
let server: Server;
let base: string;

beforeEach(async () => {
  inbox = new Inbox({ name: 'Admin', address: 'admin@email.com' });
  const api = new InboxApi(inbox);
  server = createServer((req, res) => api.handle(req, res));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function send(to: string, subject: string, html = `<p>${subject} &amp; more</p>`): string {
  return inbox.add({ to, subject, html }).id;
}

interface MailJson {
  readonly ID: string;
  readonly Subject: string;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: MailJson & {
    readonly total: number;
    readonly unread: number;
    readonly messages_count: number;
    readonly messages: readonly MailJson[];
  };
}

async function get(path: string): Promise<Answer> {
  const response = await fetch(base + path);
  const { status, headers } = response;
  const text = await response.text();
  const isJson = headers.get('content-type') === 'application/json';
  return { status, headers, text, json: JSON.parse(isJson ? text : '{}') as Answer['json'] };
}

test('lists, returns and deletes mails as Mailpit does', async () => {
  const first = send('ann@example.com', 'First');
  const second = send('bob@example.com', 'Second');
  const list = (await get('/api/v1/messages')).json;
  expect(list).toMatchObject({ total: 2, unread: 2, count: 2, start: 0 });
  expect(list.messages.map((mail) => mail.ID)).toEqual([second, first]);
  expect((await get('/api/v1/messages?start=1&limit=1')).json.messages[0]?.ID).toBe(first);
  expect((await get(`/api/v1/message/${first}`)).json).toMatchObject({
    Subject: 'First',
    To: [{ Name: '', Address: 'ann@example.com' }],
    From: { Name: 'Admin', Address: 'admin@email.com' },
    HTML: '<p>First &amp; more</p>',
    Text: 'First & more',
  });
  expect((await get('/api/v1/message/latest')).json.ID).toBe(second);
  expect((await get('/api/v1/messages')).json.unread).toBe(0);
  expect((await get('/api/v1/message/nothing')).status).toBe(404);
  const body = JSON.stringify({ IDs: [first] });
  expect((await fetch(`${base}/api/v1/messages`, { method: 'DELETE', body })).status).toBe(200);
  expect((await get('/api/v1/messages')).json.total).toBe(1);
  await fetch(`${base}/api/v1/messages`, { method: 'DELETE' });
  expect((await get('/api/v1/messages')).json.total).toBe(0);
});

test('searches', async () => {
  send('ann@example.com', 'Reset your password');
  send('ann@example.com', 'Your sign-in link');
  send('bob@example.com', 'Reset your password');
  const found = async (query: string): Promise<number> =>
    (await get(`/api/v1/search?query=${encodeURIComponent(query)}`)).json.messages_count;
  expect(await found('to:ann@example.com')).toBe(2);
  expect(await found('to:ann@example.com subject:"reset your"')).toBe(1);
  expect(await found('!to:ann@example.com')).toBe(1);
  expect(await found('is:unread')).toBe(3);
});

test('waits for the next mail to an address', async () => {
  const old = send('ann@example.com', 'Old');
  expect((await get('/api/v1/wait?to=ann@example.com')).json.ID).toBe(old);
  const next = get(`/api/v1/wait?to=ann@example.com&after=${old}`);
  setTimeout(() => {
    send('bob@example.com', 'Not this one');
    send('ann@example.com', 'New');
  }, 50);
  expect((await next).json.Subject).toBe('New');
  expect((await get('/api/v1/wait?to=nobody@example.com&timeout=20')).status).toBe(408);
});

test('shows mails in a sandbox without scripts', async () => {
  const id = send(
    'ann@example.com',
    'Evil',
    '<script>parent.stolen = 1</script><a href="https://x.example">x</a>',
  );
  const page = await get('/');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(page.text).toMatch(/<iframe[^>]* sandbox=/);
  expect(page.text).not.toMatch(/(?:src|href)="\//);
  const view = await get(`/view/${id}.html`);
  const policy = view.headers.get('content-security-policy') ?? '';
  expect(policy).toMatch(/^sandbox /);
  expect(policy).not.toContain('allow-scripts');
  expect(policy).not.toContain('allow-same-origin');
});

test('rejects a body that is too large or is not a JSON object', async () => {
  send('ann@example.com', 'First');
  const remove = (body: string): Promise<Response> =>
    fetch(`${base}/api/v1/messages`, { method: 'DELETE', body });
  const tooLarge = await remove(JSON.stringify({ IDs: ['x'.repeat(1024 * 1024)] }));
  expect(tooLarge.status).toBe(413);
  expect(await tooLarge.text()).toBe('Error: the body is larger than 1048576 bytes');
  expect((await remove('{')).status).toBe(400);
  expect((await remove('[]')).status).toBe(400);
  expect(inbox.all()).toHaveLength(1);
});

test('keeps a limited number of mails', () => {
  for (let index = 0; index < 600; index += 1) send('ann@example.com', `Mail ${index}`);
  expect(inbox.all()).toHaveLength(500);
  expect(inbox.find('latest')?.subject).toBe('Mail 599');
});

test('no text of a user becomes a header of its own', async () => {
  const { mailer, service } = await createMailService(await loadConfig(tmpdir()), silentLogger);
  server.removeAllListeners('request').on('request', (req, res) => service.handle(req, res));
  await mailer.send({
    to: 'ann@example.com\r\nBcc: eve@example.com',
    subject: 'Hello\r\nX-Evil: 1\n\nbody \u2028 Grüße 😀 und noch viel mehr Text',
    html: '<p>x</p>',
  });
  const raw = (await get('/api/v1/message/latest/raw')).text;
  const [head = '', ...body] = raw.split('\r\n\r\n');
  expect(body).toEqual(['<p>x</p>']);
  expect(head).toMatch(/^[\u0020-\u007e\r\n]*$/);
  const names = head
    .replaceAll(/\r\n\s/g, '')
    .split('\r\n')
    .map((line) => line.split(':')[0]);
  expect(names).toEqual([
    'Date',
    'From',
    'Message-Id',
    'Mime-Version',
    'Subject',
    'To',
    'Content-Type',
    'Content-Transfer-Encoding',
  ]);
  expect((await get('/api/v1/message/latest')).json.Subject).toBe(
    'Hello X-Evil: 1 body   Grüße 😀 und noch viel mehr Text',
  );
  await service.close();
});

test('an entity with the name of an object’s property stays as it is', () => {
  const id = send('a@example.com', 'x', '<p>&constructor; &toString; &__proto__; &lt;</p>');
  expect(inbox.find(id)?.text).toBe('&constructor; &toString; &__proto__; <');
});

test('the page waits without an error in the console', async () => {
  const waiting = get('/arrival?timeout=5000&after=2100-01-01T00:00:00Z');
  await new Promise((resolve) => setImmediate(resolve));
  send('a@example.com', 'x');
  expect((await waiting).status).toBe(204);
  expect((await get('/arrival?timeout=1&after=latest-of-none&to=nobody')).status).toBe(204);
});

test.for([
  'view/ID.html',
  'view/ID.txt',
  'api/v1/message/ID/raw',
  'api/v1/message/ID',
  'api/v1/message/ID/headers',
])('a mail runs nothing at %s', async (path) => {
  const id = send(
    'a@example.com',
    '<script>1</script>',
    '<script>alert(1)</script><img onerror="x" src="y">',
  );
  const { headers } = await get(`/${path.replace('ID', id)}`);
  const policy = headers.get('content-security-policy') ?? '';
  const isText = /^(?:text\/plain|application\/json)/.test(headers.get('content-type') ?? '');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(isText || (policy.startsWith('sandbox') && !policy.includes('allow-scripts'))).toBe(true);
});
