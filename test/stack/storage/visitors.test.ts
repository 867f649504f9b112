import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ALLOWED_ROLES_HEADER, VISITOR_ROLES } from '../../../plugin/shared/allowed-roles.ts';
import { presign, signForm, type S3Keys } from './helpers/s3-signature.ts';
import { startStorageStack, type StorageStack } from './helpers/storage-stack.ts';
import { signToken } from './helpers/tokens.ts';

// What the gateway adds to requests of callers that may not administer the stack.
const VISITOR = { [ALLOWED_ROLES_HEADER]: VISITOR_ROLES };
const JSON_TYPE = { 'content-type': 'application/json' };

let stack: StorageStack;
let postgres: pg.Client;
let tokens: Record<string, string>;

beforeAll(async () => {
  stack = await startStorageStack();
  const { keys, database } = stack.services;
  const sign = (role?: string): string => signToken(keys.jwtSecret, { role, sub: 'someone' });
  tokens = {
    service_role: keys.serviceRoleKey,
    ...Object.fromEntries(
      ['supabase_storage_admin', 'postgres', 'authenticator', 'Authenticated', 'authenticated,anon'].map(
        (role) => [role, sign(role)],
      ),
    ),
    authenticated: sign('authenticated'),
    anon: sign(),
  };
  postgres = new pg.Client(database.connection('postgres'));
  await postgres.connect();
  await postgres.query(`insert into storage.buckets (id, name, public) values
    ('open', 'open', true), ('closed', 'closed', false);
    create policy "users write" on storage.objects for all to authenticated
      using (bucket_id = 'open') with check (bucket_id = 'open')`);
  for (const bucket of ['open', 'closed']) {
    const headers = { authorization: `Bearer ${keys.serviceRoleKey}`, 'content-type': 'text/plain' };
    await fetch(`${stack.url}/object/${bucket}/a.txt`, { method: 'POST', headers, body: 'secret' });
  }
});

afterAll(async () => {
  await postgres.end();
  await stack.close();
});

type Send = (headers: Record<string, string>) => Promise<Response>;

const call =
  (method: string, path: string, headers: Record<string, string> = {}, body?: string): Send =>
  (more) =>
    fetch(`${stack.url}${path}`, { method, headers: { ...headers, ...more }, ...(body && { body }) });

const TUS = {
  'tus-resumable': '1.0.0',
  'upload-length': '1',
  'upload-metadata': `bucketName ${btoa('open')},objectName ${btoa('tus.txt')}`,
  'x-upsert': 'true',
};

const ENTRIES: Record<string, () => Send> = {
  'list of buckets': () => call('GET', '/bucket'),
  'new bucket': () => call('POST', '/bucket', JSON_TYPE, '{"name":"made"}'),
  download: () => call('GET', '/object/authenticated/closed/a.txt'),
  'download of a path that needs no token': () => call('GET', '/object/closed/a.txt'),
  upload: () => call('PUT', '/object/open/b.txt', { 'content-type': 'text/plain' }, 'b'),
  list: () => call('POST', '/object/list/closed', JSON_TYPE, '{"prefix":""}'),
  'signed URL': () => call('POST', '/object/sign/closed/a.txt', JSON_TYPE, '{"expiresIn":60}'),
  'signed upload URL': () => call('POST', '/object/upload/sign/closed/c.txt', JSON_TYPE, '{}'),
  copy: () =>
    call('POST', '/object/copy', JSON_TYPE, '{"bucketId":"closed","sourceKey":"a.txt","destinationKey":"d"}'),
  delete: () => call('DELETE', '/object/closed', JSON_TYPE, '{"prefixes":["x"]}'),
  'resumable upload': () => call('POST', '/upload/resumable', TUS),
  health: () => call('GET', '/health'),
};

describe.each(Object.entries(ENTRIES))('%s', (_name, entry) => {
  test.each([
    'service_role',
    'supabase_storage_admin',
    'postgres',
    'authenticator',
    'Authenticated',
    'authenticated,anon',
  ])('a visitor is refused with a token of role %s', async (role) => {
    for (const scheme of ['Bearer ', 'bearer   ', '']) {
      const response = await entry()({ authorization: `${scheme}${tokens[role]}`, ...VISITOR });
      expect(response.status).toBe(403);
      expect(await response.text()).toContain('for programs and pages of this machine only');
    }
  });

  test('this machine may use the service role', async () => {
    const { status } = await entry()({ authorization: `Bearer ${tokens.service_role}` });
    expect(status).toBeLessThan(300);
  });
});

test('a visitor may use tokens of users', async () => {
  const authorization = `Bearer ${tokens.authenticated}`;
  const put = { authorization, 'content-type': 'text/plain', 'x-upsert': 'true' };
  expect((await call('POST', '/object/open/u.txt', put, 'mine')(VISITOR)).status).toBe(200);
  expect((await call('GET', '/object/authenticated/open/u.txt')({ authorization, ...VISITOR })).status).toBe(
    200,
  );
  expect((await call('GET', '/object/closed/a.txt')({ authorization, ...VISITOR })).status).toBe(400);
  expect((await call('GET', '/bucket')({ authorization: `Bearer ${tokens.anon}`, ...VISITOR })).status).toBe(
    200,
  );
});

describe('S3', () => {
  const REQUESTS: [string, string][] = [
    ['GET', '/s3'],
    ['GET', '/s3/closed/a.txt'],
    ['GET', '/s3/closed?list-type=2'],
    ['PUT', '/s3/made-by-s3'],
    ['DELETE', '/s3/closed/nothing'],
    ['POST', '/s3/closed/m.txt?uploads='],
  ];

  test.each(REQUESTS)('%s %s: the static keys are for this machine', async (method, path) => {
    const url = presign(method, `${stack.url}${path}`);
    const refused = await fetch(url, { method, headers: VISITOR });
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining('AccessDenied')]);
    expect((await fetch(url, { method })).status).toBeLessThan(300);
  });

  test('a form with a signed policy as well', async () => {
    const post = (headers: Record<string, string>, keys?: S3Keys): Promise<Response> => {
      const form = new FormData();
      for (const [name, value] of Object.entries(signForm({ key: 'form.txt' }, 'open', keys)))
        form.set(name, value);
      form.set('file', new Blob(['x']));
      return fetch(`${stack.url}/s3/open`, { method: 'POST', headers, body: form });
    };
    expect((await post(VISITOR)).status).toBe(403);
    expect((await post({})).status).toBe(200);
    expect((await post(VISITOR, session('service_role'))).status).toBe(403);
    expect((await post(VISITOR, session('authenticated'))).status).toBe(200);
  });

  test('a session token is checked like any other one', async () => {
    const get = (role: string, path: string): Promise<Response> =>
      fetch(presign('GET', `${stack.url}${path}`, session(role)), { headers: VISITOR });
    expect((await get('service_role', '/s3/closed/a.txt')).status).toBe(403);
    expect((await get('supabase_storage_admin', '/s3/closed/a.txt')).status).toBe(403);
    expect((await get('authenticated', '/s3/closed/a.txt')).status).toBe(404);
    expect((await get('authenticated', '/s3/open/a.txt')).status).toBe(200);
  });

  function session(role: string): S3Keys {
    return { accessKey: 'stub', secret: stack.services.keys.anonKey, sessionToken: tokens[role] ?? '' };
  }
});

describe('signed URLs', () => {
  const service = (): Record<string, string> => ({
    authorization: `Bearer ${tokens.service_role}`,
    ...JSON_TYPE,
  });

  test('one that the API issued works for visitors', async () => {
    const signed = await call('POST', '/object/sign/closed/a.txt', service(), '{"expiresIn":60}')({});
    const { signedURL } = (await signed.json()) as { signedURL: string };
    expect(await (await call('GET', signedURL)(VISITOR)).text()).toBe('secret');
    const upload = await call('POST', '/object/upload/sign/closed/up.txt', service(), '{}')({});
    const { url } = (await upload.json()) as { url: string };
    expect((await call('PUT', url, { 'content-type': 'text/plain' }, 'x')(VISITOR)).status).toBe(200);
  });

  test.each([
    ['download', { url: 'closed/a.txt', scope: 'download' }],
    ['download without a scope', { url: 'closed/a.txt' }],
    ['download with a role', { url: 'closed/a.txt', scope: 'download', role: 'anon' }],
    ['upload', { url: 'closed/new.txt', scope: 'upload', upsert: true }],
    ['upload without a scope', { url: 'closed/new.txt', upsert: true }],
  ])('one that is signed with the JWT secret is refused: %s', async (_name, claims) => {
    const token = signToken(stack.services.keys.jwtSecret, claims);
    for (const headers of [{}, VISITOR]) {
      const answers = await Promise.all([
        call('GET', `/object/sign/${claims.url}?token=${token}`)(headers),
        call('PUT', `/object/upload/sign/${claims.url}?token=${token}`, {}, 'x')(headers),
        call('POST', '/upload/resumable/sign', {
          ...TUS,
          'upload-metadata': `bucketName ${btoa('closed')},objectName ${btoa('new.txt')}`,
          'x-signature': token,
        })(headers),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([400, 400, 400]);
    }
  });

  test('their key differs between data directories', async () => {
    const signed = await call('POST', '/object/sign/closed/a.txt', service(), '{"expiresIn":60}')({});
    const { signedURL } = (await signed.json()) as { signedURL: string };
    await using other = await startStorageStack({ 'supabase/config.toml': '[storage.buckets.closed]\n' });
    const answer = await fetch(`${other.url}${signedURL}`);
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('InvalidJWT')]);
  });
});
