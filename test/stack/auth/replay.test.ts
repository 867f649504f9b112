import { mkdtemp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { Observations } from '../../../plugin/shared/observations.ts';
import { createAuthService } from '../../../plugin/stack/auth/service.ts';
import { totpCode } from '../../../plugin/stack/auth/mfa/totp.ts';
import { loadConfig } from '../../../plugin/stack/config/config.ts';
import { createJwtVerifier } from '../../../plugin/stack/jwt.ts';
import type { OutgoingMail } from '../../../plugin/stack/mailer.ts';
import type { Service } from '../../../plugin/stack/service.ts';
import { DEVIATIONS, INSTANCES, prepare } from './replay-cases.ts';
import { Replayer, type Exchange } from './replay.ts';
import { startAuth, type TestStack } from './start-auth.ts';
import { NO_API } from '../../helpers/api.ts';

const FIXTURES = new URL('../../fixtures/auth/', import.meta.url);
const files = (await readdir(FIXTURES)).filter((name) => /^\d\d-.*\.json$/.test(name)).toSorted();
const recordings = await Promise.all(
  files.map(
    async (file) => [file, JSON.parse(await readFile(new URL(file, FIXTURES), 'utf8')) as Entry[]] as const,
  ),
);

/** An exchange, or a note of the recorder, such as a mail that arrived. */
type Entry = Exchange | { readonly name: string; readonly data: unknown };

let stack: TestStack;
let replayer: Replayer;
let db: pg.Pool;
let server: Server;
let root: string;
const services = new Map<string, Service>();
const mails: OutgoingMail[] = [];
const secrets = new Map<string, string>();

// The recorded instances shared one database, and had different settings.
beforeAll(async () => {
  stack = await startAuth();
  db = stack.database.createPool('supabase_admin');
  root = await mkdtemp(join(tmpdir(), 'auth-replay-'));
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signingKey = {
    ...privateKey.export({ format: 'jwk' }),
    kid: 'b81269f1-21d8-4f2e-b719-c2240a840d90',
    alg: 'ES256',
  };
  for (const [name, toml] of Object.entries(INSTANCES)) {
    await mkdir(join(root, name, 'supabase'), { recursive: true });
    await writeFile(join(root, name, 'supabase', 'config.toml'), toml);
    const keys = {
      ...stack.keys,
      signingKeys: name === 'D' ? [{ ...signingKey, use: 'sig', ext: true }] : [],
    };
    process.env.GOTRUE_RATE_LIMIT_HEADER = name === 'E' ? 'X-Forwarded-For' : '';
    const service = await createAuthService({
      config: await loadConfig(join(root, name)),
      keys,
      jwt: createJwtVerifier(keys),
      database: stack.database,
      mailer: {
        server: undefined,
        send: async (mail) => void mails.push(mail),
        keep: (mail) => void mails.push(mail),
      },
      dataDir: root,
      api: NO_API,
      logger: silentLogger,
      observations: new Observations(),
    });
    services.set(name, service);
  }
  server = createServer((req, res) => {
    const [, name = '', path = '/'] = /^\/([A-F])(.*)$/.exec(req.url ?? '') ?? [];
    req.url = path;
    req.headers['x-forwarded-host'] = req.headers.host ?? '';
    req.headers['x-forwarded-proto'] = 'http';
    services.get(name)?.handle(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  replayer = new Replayer(origin(), stack.keys.jwtSecret, {
    anon: stack.keys.anonKey,
    service_role: stack.keys.serviceRoleKey,
  });
});

afterAll(async () => {
  delete process.env.GOTRUE_RATE_LIMIT_HEADER;
  server.closeAllConnections();
  server.close();
  await Promise.all([...services.values()].map((service) => service.close()));
  await db.end();
  await stack.stop();
  await rm(root, { recursive: true, force: true });
});

const origin = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

// Each exchange uses what the ones before it created, so the order of the recording is kept.
describe.each(recordings)('%s', (file, entries) => {
  test.each(groupNotes(entries))('%s', async (label, notes, exchange) => {
    for (const note of notes) learnFromNote(note);
    await db.query(prepare(exchange));
    if (exchange.name === 'IP rate limit reached') for (let sent = 0; sent < 30; sent++) await send(exchange);
    const answer = await send(exchange);
    const differences = replayer.compare(exchange, answer);
    rememberSecret(exchange, answer.text);
    expect(differences).toEqual(DEVIATIONS[`${file} ${label}`]?.differences ?? []);
  });
});

test('every deviation belongs to a recorded exchange', () => {
  const labels = recordings.flatMap(([file, entries]) =>
    groupNotes(entries).map(([label]) => `${file} ${label}`),
  );
  expect(labels).toEqual(expect.arrayContaining(Object.keys(DEVIATIONS)));
});

/** Every exchange with the recorder's notes just before it. */
function groupNotes(entries: readonly Entry[]): [label: string, notes: unknown[], exchange: Exchange][] {
  let notes: unknown[] = [];
  return entries.flatMap((entry, index) => {
    if (!('request' in entry)) {
      notes.push(entry.data);
      return [];
    }
    const taken = notes;
    notes = [];
    return [[`${index} ${entry.name}`, taken, entry] as [string, unknown[], Exchange]];
  });
}

async function send(entry: Exchange): Promise<{ status: number; headers: Headers; text: string }> {
  const { method, path, headers = {}, body } = entry.request;
  const text =
    body === null || body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  const translated = text === undefined ? undefined : withCodes(entry, replayer.translate(text));
  const response = await fetch(
    `${origin()}/${entry.instance.charAt(0)}${withLinks(entry, replayer.translate(path))}`,
    {
      method,
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, replayer.translate(value)]),
      ),
      redirect: 'manual',
      ...(translated === undefined || method === 'GET' ? {} : { body: expandBody(translated) }),
    },
  );
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** The recorder shortened the one body that is larger than a megabyte. */
function expandBody(text: string): string {
  return text.includes('…(1100039 characters)')
    ? `{"email":"a@example.com","password":"${'x'.repeat(1_100_000)}"}`
    : text;
}

function codeIn(html: string): string {
  return /code=(\d+)/.exec(html)?.[1] ?? '';
}

/** Matches this run's mails with the recorded ones, by recipient and kind. */
function learnFromNote(data: unknown): void {
  if (typeof data !== 'object' || data === null) return;
  if ('mo' in data && 'mn' in data) {
    // Two links for a change of address, without recipients: the mail to the new address is sent first.
    const [toNew, toOld] = mails.filter((mail) => mail.html.includes('type=email_change')).slice(-2);
    learnLink(JSON.stringify(data.mn), toNew);
    learnLink(JSON.stringify(data.mo), toOld);
    return;
  }
  if ('envelope' in data) {
    const text = JSON.stringify(data);
    const type = /type=(\w+)/.exec(text)?.[1] ?? '';
    const to = /"to":\["([^"]+)"\]/.exec(text)?.[1];
    learnLink(
      text,
      mails.findLast((mail) => mail.to === to && mail.html.includes(`type=${type}`)),
    );
    return;
  }
  for (const value of Object.values(data)) learnFromNote(value);
}

function learnLink(note: string, mail: OutgoingMail | undefined): void {
  const recorded = LINK.exec(note)?.[1];
  const actual = LINK.exec(mail?.html ?? '')?.[1];
  if (recorded !== undefined && actual !== undefined) replayer.learn(recorded, actual);
}

const LINK = /verify\?token=(\w+)/;

/** A link that was opened without a recorded note: the newest one of its kind. */
function withLinks(entry: Exchange, path: string): string {
  return path.replace(
    /(\/verify\?token=)((?:pkce_)?[\da-f]{56})(&type=(\w+))/,
    (whole, start: string, token: string, end: string, type: string) => {
      if (!entry.request.path.includes(token)) return whole;
      const mail = mails.findLast(
        (candidate) =>
          candidate.html.includes(`type=${type}`) &&
          candidate.html.includes('verify?token=') &&
          candidate.html.includes('verify?token=pkce_') === token.startsWith('pkce_'),
      );
      const link = /verify\?token=([\w]+)/.exec(mail?.html ?? '')?.[1] ?? token;
      replayer.learn(token, link);
      return `${start}${link}${end}`;
    },
  );
}

/** Replaces codes that were right in the recording by those of this run's mails and authenticators. */
function withCodes(entry: Exchange, text: string): string {
  const body: unknown = entry.request.body;
  if (typeof body !== 'object' || body === null) return text;
  const fields = body as Record<string, unknown>;
  const isRight = entry.response.status === 200;
  if (entry.request.path.startsWith('/factors/') && fields.code !== undefined && isRight) {
    const factor = replayer.translate(entry.request.path).split('/')[2] ?? '';
    const code = totpCode(secrets.get(factor) ?? '', Math.floor(Date.now() / 30_000));
    return text.replace(/"code":"\d+"/, `"code":"${code}"`);
  }
  for (const name of ['token', 'nonce']) {
    const recorded = fields[name];
    if (typeof recorded !== 'string' || !/^\d{6}$/.test(recorded)) continue;
    const known = replayer.known(recorded);
    if (known !== undefined) return text.replace(recorded, known);
    const to = fields.email ?? (typeof fields.phone === 'string' ? fields.phone : undefined);
    const mail = mails.findLast(
      (candidate) => (to === undefined || candidate.to === to) && codeIn(candidate.html) !== '',
    );
    if (!isRight || !mail || stackTestCodes.has(recorded)) continue;
    replayer.learn(recorded, codeIn(mail.html));
    return text.replace(recorded, codeIn(mail.html));
  }
  if (typeof fields.token_hash === 'string' && replayer.known(fields.token_hash) === undefined && isRight) {
    const types = fields.type === 'email' ? ['signup', 'magiclink'] : [String(fields.type)];
    const mail = mails.findLast((candidate) => types.some((type) => candidate.html.includes(`type=${type}`)));
    const link = /verify\?token=([\w]+)/.exec(mail?.html ?? '')?.[1];
    if (link !== undefined) {
      replayer.learn(fields.token_hash, link);
      return text.replace(fields.token_hash, link);
    }
  }
  return text;
}

const stackTestCodes = new Set(['123456', '654321']);

function rememberSecret(entry: Exchange, text: string): void {
  if (entry.request.path !== '/factors' || entry.response.status !== 200) return;
  const body = JSON.parse(text) as { id: string; totp?: { secret: string } };
  if (body.totp) secrets.set(body.id, body.totp.secret);
}
