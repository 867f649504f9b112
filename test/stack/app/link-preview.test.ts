import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findDeno } from '../../../plugin/stack/functions/deno.ts';
import { type Person, signUpPerson } from '../../helpers/ourchat-person.ts';
import { startOurChatStack } from '../../helpers/ourchat-stack.ts';
import type { TestStack } from '../../helpers/stack.ts';
import { type NameServer, startNameServer, startWebsite, type Website } from '../../helpers/website.ts';

// OurChat's edge function link-preview under real Deno: who may have what fetched, and that nothing private is.

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const HTML = { 'content-type': 'text/html; charset=utf-8' };
const page = (head: string): string => `<!doctype html><head>${head}</head><body>text</body>`;

interface Preview {
  readonly title: string | null;
  readonly description: string | null;
  readonly site: string | null;
  readonly image_path: string | null;
}

let stack: TestStack;
let site: Website;
/** On this machine too, but not allowed: what must not be reached. */
let secret: Website;
let names: NameServer;
let anna: Person;
let ben: Person;
let zoe: Person;
let channel: string;

beforeAll(async () => {
  secret = await startWebsite((_req, res) => res.writeHead(200, HTML).end(page('<title>secret</title>')));
  site = await startWebsite((req, res) => {
    const url = new URL(req.url ?? '', 'http://site');
    const to = url.searchParams.get('to');
    if (to !== null) res.writeHead(302, { location: to }).end();
    else if (url.pathname === '/again') res.writeHead(302, { location: '/again' }).end();
    else if (url.pathname === '/picture.png') res.writeHead(200, { 'content-type': 'image/png' }).end(PNG);
    else if (url.pathname === '/svg.png')
      res.writeHead(200, { 'content-type': 'image/png' }).end('<svg onload="x"/>');
    else if (url.pathname === '/large.png')
      res
        .writeHead(200, { 'content-type': 'image/png' })
        .end(Buffer.concat([PNG, Buffer.alloc(1024 * 1024)]));
    else if (url.pathname === '/file.pdf')
      res.writeHead(200, { 'content-type': 'application/pdf' }).end(page('<title>x</title>'));
    else if (url.pathname === '/missing') res.writeHead(404, HTML).end(page('<title>Not found</title>'));
    else if (url.pathname === '/zipped') res.writeHead(200, { ...HTML, 'content-encoding': 'gzip' }).end('x');
    else if (url.pathname === '/chunks') {
      res.writeHead(200, HTML);
      for (const part of ['<title>in ', 'chu', 'nks</title>', 'x'.repeat(100_000)]) res.write(part);
      res.end();
    } else if (url.pathname === '/endless') {
      res.writeHead(200, HTML).write('<title>endless</title>');
      const more = (): void => {
        while (!res.destroyed && res.write('x'.repeat(64 * 1024)));
      };
      res.on('drain', more);
      more();
    } else if (url.pathname === '/garbage') req.socket.end('HTTP/9 what\r\n\r\n');
    else if (url.pathname === '/stands') res.writeHead(200, HTML).write('<title>half');
    else {
      const image = url.searchParams.get('image');
      const picture = image === null ? '' : `<meta property="og:image" content="${image}">`;
      const rest =
        '<meta property="og:description" content="About &amp; more"><meta property="og:site_name" content="Site">';
      res.writeHead(200, HTML).end(page(`<title>Page ${url.pathname}</title>${rest}${picture}`));
    }
  });
  names = await startNameServer({
    'good.test': ['127.0.0.1'],
    'private.test': ['127.0.0.1'],
    'mixed.test': ['93.184.216.34', '10.0.0.1'],
    'six.test': ['0:0:0:0:0:0:0:1'],
    'mapped.test': ['0:0:0:0:0:ffff:7f00:1'],
    'metadata.test': ['169.254.169.254'],
  });
  stack = await startOurChatStack({
    secrets: {
      OURCHAT_TEST_SITES: `${site.host},good.test:${site.port}`,
      OURCHAT_TEST_DNS: names.address,
    },
  });
  [anna, ben, zoe] = [
    await signUpPerson(stack, 'Anna'),
    await signUpPerson(stack, 'Ben'),
    await signUpPerson(stack, 'Zoe'),
  ];
  const { data: family } = await anna.client.rpc('create_family', { name: 'Family' }).throwOnError();
  await ben.client.rpc('join_family', { code: family.invite_code }).throwOnError();
  const { data: channels } = await anna.client
    .from('channels')
    .select('id')
    .eq('family_id', family.id)
    .throwOnError();
  channel = channels[0]?.id ?? '';
}, 60_000);

afterAll(async () => {
  await stack?.stop();
  for (const server of [site, secret, names]) server?.close();
});

/** @returns the id of a new message */
async function write(body: string): Promise<string> {
  const id = crypto.randomUUID();
  await anna.client.from('messages').insert({ id, channel_id: channel, body }).throwOnError();
  return id;
}

async function ask(
  person: Person,
  messageId: string,
  url: string,
): Promise<{ status: number; preview: Preview }> {
  const { data } = await person.client.auth.getSession();
  const response = await fetch(`${stack.url}/functions/v1/link-preview`, {
    method: 'POST',
    headers: { apikey: stack.publishableKey, authorization: `Bearer ${data.session?.access_token ?? ''}` },
    body: JSON.stringify({ message_id: messageId, url }),
  });
  return { status: response.status, preview: (await response.json()) as Preview };
}

/** The preview of a link that Anna writes. */
async function previewOf(url: string): Promise<Preview> {
  const { status, preview } = await ask(anna, await write(`see ${url} now`), url);
  expect(status).toBe(200);
  return preview;
}

describe('a preview', () => {
  test('has title, description, site and picture, which those who read the message can load', async () => {
    const url = `http://${site.host}/lake?image=/picture.png`;
    const id = await write(`the lake: ${url}`);
    const { preview } = await ask(ben, id, url);
    expect(preview).toMatchObject({ title: 'Page /lake', description: 'About & more', site: 'Site' });
    const path = preview.image_path ?? '';
    const stored = await anna.client.storage.from('link-previews').download(path);
    expect(Buffer.from(await (stored.data ?? new Blob([])).arrayBuffer())).toEqual(PNG);
    expect((await zoe.client.storage.from('link-previews').download(path)).error).not.toBeNull();
    expect((await stack.client().storage.from('link-previews').download(path)).error).not.toBeNull();
  });

  test('is made once, however many ask for it at once or later', async () => {
    const url = `http://${site.host}/once`;
    const id = await write(url);
    const people = Array.from({ length: 10 }, () => [anna, ben]).flat();
    const asked = await Promise.all(people.map((person) => ask(person, id, url)));
    expect(new Set(asked.map(({ preview }) => preview.title))).toEqual(new Set(['Page /once']));
    await ask(anna, id, url);
    expect(site.hits.filter((hit) => hit === '/once')).toHaveLength(1);
  });

  test.each([
    ['/chunks', 'in chunks'],
    ['/endless', 'endless'],
    ['/?to=/other', 'Page /other'],
    ['/a?image=/svg.png', 'Page /a'],
    ['/b?image=/large.png', 'Page /b'],
    ['/c?image=/missing', 'Page /c'],
    ['/d?image=javascript:alert(1)', 'Page /d'],
    ['/file.pdf', null],
    ['/missing', null],
    ['/zipped', null],
    ['/garbage', null],
    ['/loop?to=/loop?to=/loop', 'Page /loop'],
  ])('of %s has the title %s and no picture', async (path, title) => {
    expect(await previewOf(`http://${site.host}${path}`)).toMatchObject({ title, image_path: null });
  });

  test('of a page that stands still, or always redirects, is given up', { timeout: 60_000 }, async () => {
    const before = performance.now();
    expect((await previewOf(`http://${site.host}/stands`)).title).toBeNull();
    expect(performance.now() - before).toBeLessThan(20_000);
    expect((await previewOf(`http://${site.host}/again`)).title).toBeNull();
    expect(site.hits.filter((hit) => hit === '/again')).toHaveLength(5);
  });
});

describe('nothing private is fetched', () => {
  const forms: Record<string, (port: number) => string> = {
    address: (port) => `http://127.0.0.1:${port}/`,
    name: (port) => `http://localhost:${port}/`,
    'IPv6 address': (port) => `http://[::1]:${port}/`,
    'mapped address': (port) => `http://[::ffff:127.0.0.1]:${port}/`,
    'decimal address': (port) => `http://2130706433:${port}/`,
    'hexadecimal address': (port) => `http://0x7f.1:${port}/`,
    'octal address': (port) => `http://0177.0.0.1:${port}/`,
    'any address': (port) => `http://0.0.0.0:${port}/`,
    'address with a password': (port) => `http://a:b@127.0.0.1:${port}/`,
    'password like an allowed host': (port) => `http://${site.host}@127.0.0.1:${port}/`,
    'https address': (port) => `https://127.0.0.1:${port}/`,
    'private name': () => 'http://private.test/',
    'name with a private address too': () => 'http://mixed.test/',
    'name with an IPv6 address': () => 'http://six.test/',
    'name with a mapped address': () => 'http://mapped.test/',
    'name of the metadata': () => 'http://metadata.test/latest/meta-data/',
    'address of the metadata': () => 'http://169.254.169.254/latest/meta-data/',
    'unknown name': () => 'http://unknown.test/',
    'private network': () => 'http://192.168.0.1/',
    file: () => 'file:///etc/passwd',
    data: () => 'data:text/html,<title>secret</title>',
    stack: () => `${stack.url}/rest/v1/`,
  };

  test('and a name that is allowed is', async () => {
    expect((await previewOf(`http://good.test:${site.port}/named`)).title).toBe('Page /named');
  });

  test.each(Object.entries(forms))('by: %s', async (_title, form) => {
    expect((await previewOf(form(secret.port))).title).toBeNull();
    expect(secret.hits).toEqual([]);
  });

  test.each(Object.entries(forms))('by a redirect, or as a picture: %s', async (_title, form) => {
    const url = form(secret.port);
    expect((await previewOf(`http://${site.host}/?to=${encodeURIComponent(url)}`)).title).toBeNull();
    const { title, image_path } = await previewOf(
      `http://${site.host}/page?image=${encodeURIComponent(url)}`,
    );
    expect([title, image_path]).toEqual(['Page /page', null]);
    expect(secret.hits).toEqual([]);
  });

  test('although the names were resolved', () => {
    const all = ['private.test', 'mixed.test', 'six.test', 'mapped.test', 'metadata.test'];
    expect([...names.asked]).toEqual(expect.arrayContaining(all));
  });
});

describe('the function', () => {
  test('has no type errors under Deno', { timeout: 120_000 }, async () => {
    const entrypoint = fileURLToPath(
      new URL('../../../supabase/functions/link-preview/index.ts', import.meta.url),
    );
    const args = ['check', '--quiet', '--no-config', '--no-lock', entrypoint];
    await expect(promisify(execFile)(findDeno(), args)).resolves.toMatchObject({ stderr: '' });
  });

  test('fetches only links of messages that the caller can read', async () => {
    const url = `http://${site.host}/who`;
    const id = await write(url);
    expect((await ask(zoe, id, url)).status).toBe(403);
    expect((await ask(anna, crypto.randomUUID(), url)).status).toBe(403);
    expect((await ask(anna, id, `http://${site.host}/other`)).status).toBe(400);
    for (const wrong of ['', 'x', `${id}&select=*`]) expect((await ask(anna, wrong, url)).status).toBe(400);
    const visitor = await fetch(`${stack.url}/functions/v1/link-preview`, {
      method: 'POST',
      headers: { apikey: stack.publishableKey },
      body: JSON.stringify({ message_id: id, url }),
    });
    expect(visitor.status).toBeGreaterThanOrEqual(400);
    expect(site.hits).not.toContain('/who');
    expect((await ask(anna, id, url)).status).toBe(200);
  });

  test.each(['GET', 'PUT', 'DELETE'])('refuses %s', async (method) => {
    const headers = { apikey: stack.publishableKey };
    expect((await fetch(`${stack.url}/functions/v1/link-preview`, { method, headers })).status).toBe(405);
  });
});

describe('the table', () => {
  test('shows a preview to those who read the message, and nobody writes it', async () => {
    const url = `http://${site.host}/table`;
    const id = await write(url);
    await ask(anna, id, url);
    const read = async (person: Person): Promise<unknown> =>
      (await person.client.from('link_previews').select('title').eq('message_id', id)).data;
    expect(await read(ben)).toEqual([{ title: 'Page /table' }]);
    expect(await read(zoe)).toEqual([]);
    expect((await stack.client().from('link_previews').select('title')).error?.code).toBe('42501');
    const table = anna.client.from('link_previews');
    const row = { message_id: id, url, title: 'forged' };
    for (const attempt of [
      table.insert(row),
      table.upsert(row),
      table.update({ title: 'forged' }).eq('message_id', id),
      table.delete().eq('message_id', id),
    ])
      expect((await attempt).error?.code).toBe('42501');
    const own = await anna.client.storage
      .from('link-previews')
      .upload(`${id}/own.png`, PNG, { contentType: 'image/png' });
    expect(own.error).not.toBeNull();
  });

  test('forgets the preview of a message that is edited or deleted', async () => {
    const count = async (id: string): Promise<number | undefined> =>
      (await anna.client.from('link_previews').select('url').eq('message_id', id).throwOnError()).data.length;
    const [first, second] = [`http://${site.host}/first`, `http://${site.host}/second`];
    const id = await write(first);
    await ask(anna, id, first);
    await anna.client.from('messages').update({ body: second }).eq('id', id).throwOnError();
    expect(await count(id)).toBe(0);
    expect((await ask(anna, id, second)).preview.title).toBe('Page /second');
    await anna.client.rpc('delete_message', { message_id: id }).throwOnError();
    expect(await count(id)).toBe(0);
    // One that is ready too late, as the function would store it.
    const late = stack
      .client(stack.secretKey)
      .from('link_previews')
      .upsert({ message_id: id, url: second })
      .select();
    expect((await late).data).toEqual([]);
    expect((await ask(anna, id, second)).status).toBe(400);
  });
});
