import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Logger } from '../../../plugin/shared/logger.ts';
import { createTestClient, startAuth, waitForMail, type TestStack } from './start-auth.ts';

const PASSWORD = 'correct-horse';

/** A server that takes mails, or refuses every recipient. */
class FakeSmtp {
  readonly mails: string[] = [];
  readonly recipients: string[] = [];
  refusal: string | undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor() {
    this.#server = createServer((socket) => this.#talk(socket));
  }

  async listen(host: string): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, host, resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #talk(socket: Socket): void {
    this.#sockets.add(socket);
    let rest = '';
    let mail: string | undefined;
    const answer = (line: string): void => void socket.write(`${line}\r\n`);
    const read = (line: string): void => {
      if (mail !== undefined) {
        if (line !== '.') {
          mail += `${line}\n`;
          return;
        }
        this.mails.push(mail);
        mail = undefined;
        answer('250 kept');
        return;
      }
      const command = line.slice(0, 4).toUpperCase();
      if (command === 'DATA') mail = '';
      if (command === 'RCPT') this.recipients.push(line);
      if (command === 'DATA') answer('354 go on');
      else if (command === 'QUIT') socket.end('221 bye\r\n');
      else answer(command === 'RCPT' && this.refusal !== undefined ? this.refusal : '250 fine');
    };
    socket.setEncoding('utf8');
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      const lines = (rest + String(chunk)).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) read(line);
    });
    answer('220 test');
  }
}

let smtp: FakeSmtp;
let stack: TestStack | undefined;
beforeEach(() => {
  smtp = new FakeSmtp();
});
afterEach(async () => {
  delete process.env.SUPABASE_SEND_MAIL;
  smtp.close();
  await stack?.stop();
  stack = undefined;
});

const config = (host: string, port: number): string => `
  [auth.email]
  enable_confirmations = true
  max_frequency = "1ms"
  [auth.email.smtp]
  enabled = true
  host = "${host}"
  port = ${port}
  user = ""
  pass = ""
  admin_email = "admin@example.com"
  [auth.sms]
  enable_signup = true
  enable_confirmations = true
  [auth.sms.twilio]
  enabled = true
  [auth.rate_limit]
  email_sent = 1000`;

async function answerTo(on: TestStack, path: string, body: object, isNew = true): Promise<unknown> {
  const response = await fetch(`${on.url}/auth/v1${path}`, {
    method: path === '/user' ? 'PUT' : 'POST',
    headers: {
      Authorization: `Bearer ${on.keys.serviceRoleKey}`,
      ...(isNew ? { 'X-Supabase-Api-Version': '2024-01-01' } : {}),
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

test('a server of this machine gets the mails, one recipient each', async () => {
  stack = await startAuth(config('127.0.0.1', await smtp.listen('127.0.0.1')));
  const email = 'ann@example.com';
  await createTestClient(stack).auth.signUp({ email, password: PASSWORD });
  expect(smtp.recipients).toEqual(['RCPT TO:<ann@example.com>']);
  expect(smtp.mails[0]).toContain('Subject: Confirm your email address');
  await waitForMail(stack, email);

  // A text message is no mail.
  const texted = await createTestClient(stack).auth.signUp({ phone: '4915112345678', password: PASSWORD });
  expect(texted.error).toBeNull();
  await waitForMail(stack, '+4915112345678');
  expect(smtp.recipients).toHaveLength(1);

  // An address with a comma, from SQL or an identity provider, does not become two.
  const admin = createTestClient(stack, {}, stack.keys.serviceRoleKey).auth.admin;
  await admin.createUser({ email: 'bob@example.com', email_confirm: true, password: PASSWORD });
  const bob = createTestClient(stack);
  await bob.auth.signInWithPassword({ email: 'bob@example.com', password: PASSWORD });
  const db = stack.database.createPool('postgres');
  await db.query(
    `update auth.users set email = 'bob@example.com, eve@example.com' where email = 'bob@example.com'`,
  );
  await db.end();
  await bob.auth.reauthenticate();
  expect(smtp.recipients.filter((line) => line.includes('<eve@'))).toEqual([]);
  expect(smtp.recipients.length).toBeLessThanOrEqual(2);
});

test('a server that refuses is named in GoTrue’s words', async () => {
  smtp.refusal = '550 no such mailbox';
  stack = await startAuth(config('localhost', await smtp.listen('127.0.0.1')));
  const admin = createTestClient(stack, {}, stack.keys.serviceRoleKey).auth.admin;
  await admin.createUser({ email: 'ann@example.com', email_confirm: true, password: PASSWORD });
  const ann = { email: 'ann@example.com' };
  const words = (message: string) => ({ status: 500, body: { code: 'unexpected_failure', message } });
  const signup = { email: 'new@example.com', password: PASSWORD };
  expect(await answerTo(stack, '/signup', signup)).toEqual(words('Error sending confirmation email'));
  expect(await answerTo(stack, '/otp', { email: 'new@example.com' })).toEqual(
    words('Error sending confirmation email'),
  );
  expect(await answerTo(stack, '/otp', ann)).toEqual(words('Error sending magic link email'));
  expect(await answerTo(stack, '/recover', ann)).toEqual(words('Error sending recovery email'));
  expect(await answerTo(stack, '/invite', { email: 'new@example.com' })).toEqual(
    words('Error sending invite email'),
  );
  const client = createTestClient(stack);
  await client.auth.signInWithPassword({ ...ann, password: PASSWORD });
  const change = await client.auth.updateUser({ email: 'other@example.com' });
  expect(change.error).toMatchObject({ status: 500, message: 'Error sending email change email' });
  const again = await client.auth.reauthenticate();
  expect(again.error).toMatchObject({ status: 500, message: 'Error sending reauthentication email' });
  expect(await answerTo(stack, '/signup', signup, false)).toMatchObject({
    status: 500,
    body: { code: 500, error_code: 'unexpected_failure', msg: 'Error sending confirmation email' },
  });
  // Nothing is left of a sign-up whose mail could not be sent.
  expect((await admin.listUsers()).data.users).toHaveLength(1);
});

test('an unreachable server is a failure of the mail, too', async () => {
  const port = await smtp.listen('127.0.0.1');
  smtp.close();
  stack = await startAuth(config('127.0.0.1', port));
  expect(await answerTo(stack, '/signup', { email: 'a@example.com', password: PASSWORD })).toEqual({
    status: 500,
    body: { code: 'unexpected_failure', message: 'Error sending confirmation email' },
  });
});

const ownAddress = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

test.skipIf(ownAddress === undefined)('a server elsewhere gets mails only when asked twice', async () => {
  const host = ownAddress ?? '';
  const lines: string[] = [];
  const keep = (line: string): void => void lines.push(line);
  const logger: Logger = { info: keep, warn: keep, error: keep };
  const port = await smtp.listen(host);
  stack = await startAuth(config(host, port), { logger });
  await createTestClient(stack).auth.signUp({ email: 'ann@example.com', password: PASSWORD });
  await waitForMail(stack, 'ann@example.com');
  expect(smtp.recipients).toEqual([]);
  expect(stack.mailServer).toBeUndefined();
  expect(lines.join('\n')).toContain(
    `To deliver it through ${host} ([auth.email.smtp]), set SUPABASE_SEND_MAIL=true`,
  );
  await stack.stop();

  process.env.SUPABASE_SEND_MAIL = 'true';
  stack = await startAuth(config(host, port));
  expect(stack.mailServer).toBe(host);
  await createTestClient(stack).auth.signUp({ email: 'bob@example.com', password: PASSWORD });
  expect(smtp.recipients).toEqual(['RCPT TO:<bob@example.com>']);
});
