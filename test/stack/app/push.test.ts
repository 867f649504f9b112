import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { findDeno } from '../../../plugin/stack/functions/deno.ts';
import { denoEnvironment } from '../../../plugin/stack/functions/environment.ts';
import { SIGNED_CERTIFICATE } from '../../helpers/certificate.ts';
import { type InstalledRegistry, startInstalledRegistry } from '../../helpers/installed-registry.ts';
import { type Person, signUpPerson } from '../../helpers/ourchat-person.ts';
import { startOurChatStack } from '../../helpers/ourchat-stack.ts';
import { type PushDevice, type PushService, startPushService } from '../../helpers/push-service.ts';
import type { TestStack } from '../../helpers/stack.ts';
import { type NameServer, startNameServer } from '../../helpers/website.ts';

// Web Push from the insert of a message to the push service of a browser: who gets what, and that nothing private is
// connected to. The edge function runs under real Deno, with the package web-push as it is installed here.

let registry: InstalledRegistry;
let cache: string;
let service: PushService;
/** On this machine too, but not allowed: what must not be reached. */
let secret: Server;
const connections = vi.fn<() => void>();
let names: NameServer;
let stack: TestStack;
let database: pg.Client;
let anna: Person;
let ben: Person;
let zoe: Person;
let familyId: string;
let channel: string;

beforeAll(async () => {
  [registry, service, cache] = await Promise.all([
    startInstalledRegistry('web-push'),
    startPushService(),
    mkdtemp(join(tmpdir(), 'deno-dir-')),
  ]);
  secret = createServer((socket) => {
    connections();
    socket.destroy();
  });
  await once(secret.listen(0, '127.0.0.1'), 'listening');
  names = await startNameServer({
    'private.test': ['127.0.0.1'],
    'mixed.test': ['93.184.216.34', '10.0.0.1'],
    'metadata.test': ['169.254.169.254'],
    localhost: ['127.0.0.1'],
  });
  vi.stubEnv('DENO_DIR', cache);
  vi.stubEnv('NPM_CONFIG_REGISTRY', registry.url);
  vi.stubEnv('NODE_EXTRA_CA_CERTS', SIGNED_CERTIFICATE.authority);
  stack = await startOurChatStack({
    secrets: { OURCHAT_TEST_SITES: service.host, OURCHAT_TEST_DNS: names.address },
  });
  database = new pg.Client(stack.dbUrl);
  await database.connect();
  [anna, ben, zoe] = await Promise.all([
    signUpPerson(stack, 'Anna'),
    signUpPerson(stack, 'Ben'),
    signUpPerson(stack, 'Zoe'),
  ]);
  const { data: family } = await anna.client.rpc('create_family', { name: 'Family' }).throwOnError();
  await ben.client.rpc('join_family', { code: family.invite_code }).throwOnError();
  const { data: first } = await anna.client.from('channels').select('id').single().throwOnError();
  [familyId, channel] = [family.id, first.id];
}, 60_000);

afterAll(async () => {
  await database?.end();
  await stack?.stop();
  vi.unstubAllEnvs();
  for (const server of [registry, service, secret, names]) server?.close();
  await rm(cache, { recursive: true, force: true });
});

async function write(person: Person, body: string, mentions: string[] = []): Promise<string> {
  const id = crypto.randomUUID();
  await person.client.from('messages').insert({ id, channel_id: channel, body, mentions }).throwOnError();
  return id;
}

/** Stores the subscription of a person's session. */
const subscribe = ({ client }: Person, device: PushDevice, levels: Record<string, string> = {}) =>
  client.from('push_subscriptions').upsert({ ...device.subscription, levels }, { onConflict: 'session_id' });

/** Adds a subscription on another device of a person. */
async function addDevice(
  { id }: Person,
  device: Pick<PushDevice, 'subscription'>,
  level?: string,
): Promise<void> {
  const { endpoint, p256dh, auth } = device.subscription;
  await database.query(
    `with session as (insert into auth.sessions (id, user_id) values (gen_random_uuid(), $1) returning id)
     insert into public.push_subscriptions (session_id, user_id, endpoint, p256dh, auth, levels)
     select id, $1, $2, $3, $4, $5 from session`,
    [id, endpoint, p256dh, auth, JSON.stringify(level ? { [channel]: level } : {})],
  );
}

const bodies = ({ deliveries }: PushDevice): unknown[] => deliveries.map(({ payload }) => payload.body);
const arrival = (device: PushDevice, body: string): Promise<void> =>
  expect.poll(() => [...bodies(device), ...device.faults], { timeout: 25_000 }).toContain(body);
const endpoints = async (): Promise<string[]> =>
  (await database.query<{ endpoint: string }>('select endpoint from public.push_subscriptions')).rows.map(
    ({ endpoint }) => endpoint,
  );

describe('a new message', () => {
  test('reaches the devices of the others, encrypted and signed, by their levels', async () => {
    const [own, foreign, all, mentions, none] = [1, 2, 3, 4, 5].map(() => service.subscribe()) as [
      PushDevice,
      PushDevice,
      PushDevice,
      PushDevice,
      PushDevice,
    ];
    await subscribe(anna, own).throwOnError();
    await subscribe(zoe, foreign).throwOnError();
    await subscribe(ben, all).throwOnError();
    await addDevice(ben, mentions, 'mentions');
    await addDevice(ben, none, 'none');
    const id = await write(anna, 'Is **lunch** ready?');
    await write(anna, 'Ben?', [ben.id]);
    await Promise.all([arrival(all, 'Is lunch ready?'), arrival(all, 'Ben?'), arrival(mentions, 'Ben?')]);
    const delivery = all.deliveries.find(({ payload }) => payload.body === 'Is lunch ready?');
    expect(delivery?.payload).toEqual({
      title: 'Anna in #general',
      body: 'Is lunch ready?',
      tag: channel,
      url: `/family/${familyId}/channel/${channel}?message=${id}`,
    });
    expect(delivery?.headers).toMatchObject({
      'content-encoding': 'aes128gcm',
      ttl: '86400',
      urgency: 'high',
      topic: channel.replaceAll('-', ''),
    });
    expect(delivery?.subject).toMatch(/^mailto:/);
    // The key that pages ask for is the one of the signature.
    const answer = await anna.client.functions.invoke('push', { method: 'GET' });
    expect(answer.data).toEqual({ public_key: delivery?.publicKey });
    expect([own, foreign, mentions, none].map(bodies)).toEqual([[], [], ['Ben?'], []]);
    expect(all.faults).toEqual([]);
  });

  test('that has been read or deleted meanwhile reaches no device', async () => {
    const device = service.subscribe();
    await subscribe(ben, device).throwOnError();
    // Each in one transaction, so that the function finds it so.
    const insert = (body: string): string =>
      `insert into public.messages (id, channel_id, author_id, body)
       values (gen_random_uuid(), '${channel}', '${anna.id}', '${body}');`;
    await database.query(`${insert('Seen')}
      update public.channel_reads set position = last_position from public.channel_counters as c
      where channel_reads.channel_id = c.channel_id and user_id = '${ben.id}'`);
    await database.query(`${insert('Deleted')}
      update public.messages set body = '', deleted_at = now() where body = 'Deleted'`);
    await write(anna, 'Unseen');
    await arrival(device, 'Unseen');
    expect(bodies(device)).toEqual(['Unseen']);
  });

  test('removes subscriptions that have ended, and no others', async () => {
    const [gone, unknown, busy, device] = [410, 404, 503, 201].map((status) => service.subscribe(status)) as [
      PushDevice,
      PushDevice,
      PushDevice,
      PushDevice,
    ];
    await subscribe(ben, device).throwOnError();
    for (const other of [gone, unknown, busy]) await addDevice(ben, other);
    await write(anna, 'Anyone?');
    await Promise.all([gone, unknown, busy, device].map((one) => arrival(one, 'Anyone?')));
    const kept = [busy, device].map(({ subscription }) => subscription.endpoint);
    await expect
      .poll(async () => (await endpoints()).filter((one) => one.includes(service.host)), { timeout: 20_000 })
      .toEqual(expect.not.arrayContaining([gone, unknown].map(({ subscription }) => subscription.endpoint)));
    expect(await endpoints()).toEqual(expect.arrayContaining(kept));
  });

  test('connects to nothing private', async () => {
    const { port } = secret.address() as AddressInfo;
    const hosts = [
      `127.0.0.1:${port}`,
      `localhost:${port}`,
      `[::1]:${port}`,
      `[::ffff:127.0.0.1]:${port}`,
      `2130706433:${port}`,
      `${service.host}@127.0.0.1:${port}`,
      'private.test',
      'mixed.test',
      'metadata.test',
      '169.254.169.254',
      '192.168.0.1',
      new URL(stack.url).host,
    ];
    const device = service.subscribe();
    await subscribe(ben, device).throwOnError();
    for (const host of hosts) {
      const { subscription } = service.subscribe();
      await addDevice(ben, { subscription: { ...subscription, endpoint: `https://${host}/send/${port}` } });
    }
    // One that nothing can be encrypted for.
    const { subscription } = service.subscribe();
    await addDevice(ben, { subscription: { ...subscription, p256dh: 'A'.repeat(87) } });
    await write(anna, 'Anyone else?');
    await arrival(device, 'Anyone else?');
    await expect
      .poll(() => [...names.asked], { timeout: 20_000 })
      .toEqual(expect.arrayContaining(['private.test', 'mixed.test', 'metadata.test']));
    expect(connections).not.toHaveBeenCalled();
  });
});

describe('the function', () => {
  const call = (init: RequestInit): Promise<Response> => fetch(`${stack.url}/functions/v1/push`, init);

  test('sends nothing for anybody but the database', async () => {
    const device = service.subscribe();
    await subscribe(ben, device).throwOnError();
    const id = await write(anna, 'Once');
    const { data } = await anna.client.auth.getSession();
    const authorization = `Bearer ${data.session?.access_token ?? ''}`;
    const callers: Record<string, string>[] = [
      {},
      { authorization },
      { apikey: stack.publishableKey },
      { apikey: stack.secretKey },
    ];
    for (const headers of callers) {
      for (const [body, status] of [
        [{ message_id: id, secret: '' }, 403],
        [{ message_id: id, secret: 'a'.repeat(64) }, 403],
        [{ message_id: id }, 400],
        [{ message_id: `${id}'`, secret: '' }, 400],
        [[], 400],
      ] as const)
        expect((await call({ method: 'POST', headers, body: JSON.stringify(body) })).status).toBe(status);
    }
    expect((await call({ method: 'PUT' })).status).toBe(405);
    await arrival(device, 'Once');
    expect(bodies(device)).toEqual(['Once']);
  });

  test('has no type errors under Deno', { timeout: 120_000 }, async () => {
    const folder = fileURLToPath(new URL('../../../supabase/functions/push/', import.meta.url));
    const flags = [`--config=${folder}deno.json`, '--no-lock', '--node-modules-dir=none'];
    const args = ['check', '--quiet', ...flags, `${folder}index.ts`];
    const run = promisify(execFile)(findDeno(), args, { env: denoEnvironment(), cwd: cache });
    await expect(run).resolves.toMatchObject({ stderr: '' });
  });
});

describe('the table of subscriptions', () => {
  test('has one row for each session, which this session alone sees, changes and removes', async () => {
    const [device, next] = [service.subscribe(), service.subscribe()];
    await subscribe(zoe, device).throwOnError();
    await subscribe(zoe, next, { [channel]: 'none' }).throwOnError();
    const read = async ({ client }: Person): Promise<unknown[]> =>
      (await client.from('push_subscriptions').select('endpoint').throwOnError()).data;
    expect(await read(zoe)).toEqual([{ endpoint: next.subscription.endpoint }]);
    const foreign = anna.client.from('push_subscriptions');
    expect(await read(anna)).not.toContainEqual({ endpoint: next.subscription.endpoint });
    const { endpoint } = next.subscription;
    expect((await foreign.update({ levels: {} }).eq('endpoint', endpoint).select()).data).toEqual([]);
    expect((await foreign.delete().eq('endpoint', endpoint).select()).data).toEqual([]);
    // Not even as one's own.
    expect((await subscribe(anna, next)).error?.code).toBe('23505');
    expect((await stack.client().from('push_subscriptions').select()).error?.code).toBe('42501');
    await zoe.client.from('push_subscriptions').delete().eq('endpoint', endpoint).throwOnError();
    expect(await read(zoe)).toEqual([]);
  });

  test.each([
    ['the user', { user_id: crypto.randomUUID() }, '42501'],
    ['the session', { session_id: crypto.randomUUID() }, '42501'],
    ['an address without encryption', { endpoint: 'http://127.0.0.1/' }, '23514'],
    ['a file', { endpoint: 'file:///etc/passwd' }, '23514'],
    ['an endless address', { endpoint: `https://a.example/${'a'.repeat(1000)}` }, '23514'],
    ['no key', { p256dh: '' }, '23514'],
    ['a secret of another length', { auth: 'a'.repeat(40) }, '23514'],
    ['a list of levels', { levels: [] }, '23514'],
    [
      'endless levels',
      { levels: Object.fromEntries(Array.from({ length: 900 }, () => [crypto.randomUUID(), 'none'])) },
      '23514',
    ],
  ])('refuses a row that names %s', async (_what, change, code) => {
    const row = { ...service.subscribe().subscription, ...change };
    expect((await zoe.client.from('push_subscriptions').insert(row)).error?.code).toBe(code);
  });

  test('loses the row when the session ends, here or elsewhere', async () => {
    const [here, elsewhere] = [await signUpPerson(stack, 'Hanna'), await signUpPerson(stack, 'Elsa')];
    for (const [person, scope] of [
      [here, 'local'],
      [elsewhere, 'global'],
    ] as const) {
      const device = service.subscribe();
      await subscribe(person, device).throwOnError();
      expect(await endpoints()).toContain(device.subscription.endpoint);
      await person.client.auth.signOut({ scope });
      expect(await endpoints()).not.toContain(device.subscription.endpoint);
    }
  });

  test('keeps its keys and recipients from clients', async () => {
    for (const client of [anna.client, stack.client() as typeof anna.client]) {
      const calls = [
        client.rpc('push_of_message', { message_id: crypto.randomUUID(), secret: '' }),
        client.rpc('keep_push_keys'),
      ];
      for (const { error } of await Promise.all(calls)) expect(error?.code).toBe('42501');
    }
  });
});
