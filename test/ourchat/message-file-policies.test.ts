import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AccessCase, describeAccess, MEMBERS, worked } from '../helpers/ourchat-access.ts';
import { foundFamily, type TestFamily } from '../helpers/ourchat-family.ts';
import { forkOurChat, type OurChatFork } from '../helpers/ourchat-fork.ts';
import { type OurChatClient, type Person } from '../helpers/ourchat-person.ts';

// Who × what: access to files in messages, through the Storage API with real sessions. What they have in common with
// pictures is tried in message-image-policies.test.ts.

let stack: OurChatFork;
let family: TestFamily;
/** In a message of the owner. */
let sentPath: string;
/** Uploaded by the owner, but in no message. */
let loosePath: string;

const TEXT = 'Dear all';
const files = (client: OurChatClient) => client.storage.from('message-files');
const newPath = (userId: string, messageId: string = crypto.randomUUID(), name = '1'): string =>
  `${userId}/${messageId}/${name}`;
const content = (text = TEXT, type = 'application/octet-stream'): Blob => new Blob([text], { type });
const upload = (client: OurChatClient, path: string, blob = content(), options = {}) =>
  files(client).upload(path, blob, options);

/** Inserts a message with these paths, without uploading anything. */
const write = (client: OurChatClient, id: string, paths: readonly string[], change: object = {}) =>
  client.from('messages').insert({
    id,
    channel_id: family.channelId,
    body: '',
    files: paths.map((path) => ({ path, name: 'letter.pdf', size: TEXT.length, ...change })),
  });

/** Sends a message with one file, as the page does. @returns its id and the path of the file */
async function send(
  { client, id: userId }: Person,
  name = 'letter.pdf',
): Promise<{ id: string; path: string }> {
  const id = crypto.randomUUID();
  const path = newPath(userId, id);
  const { error } = await upload(client, path);
  if (error) throw error;
  await write(client, id, [path], { name }).throwOnError();
  return { id, path };
}

const CASES: readonly AccessCase[] = [
  {
    what: 'download a file of a message',
    allowed: MEMBERS,
    attempt: async (client) => worked(await files(client).download(sentPath)),
  },
  {
    what: 'get a signed URL for it',
    allowed: MEMBERS,
    attempt: async (client) => worked(await files(client).createSignedUrl(sentPath, 60)),
  },
  {
    what: 'load it without a signature',
    allowed: [],
    attempt: async (client) =>
      (await fetch(files(client).getPublicUrl(sentPath).data.publicUrl)).status === 200,
  },
  {
    what: 'list its folder',
    allowed: MEMBERS,
    attempt: async (client) =>
      ((await files(client).list(sentPath.replace(/\/1$/, ''))).data?.length ?? 0) > 0,
  },
  {
    what: 'download a file that the owner has uploaded but not sent',
    allowed: ['owner'],
    attempt: async (client) => worked(await files(client).download(loosePath)),
  },
  {
    what: 'add a file to the folder of the owner',
    allowed: ['owner'],
    attempt: async (client) => worked(await upload(client, newPath(family.people.owner.id))),
  },
  {
    what: 'replace the file',
    allowed: [],
    attempt: async (client) => worked(await upload(client, sentPath, content(), { upsert: true })),
  },
  {
    what: 'move it away',
    allowed: [],
    attempt: async (client) => worked(await files(client).move(sentPath, newPath(family.people.owner.id))),
  },
  {
    what: 'delete it while the message uses it',
    allowed: [],
    attempt: async (client) => ((await files(client).remove([sentPath])).data?.length ?? 0) > 0,
  },
  {
    what: 'open the bucket to everybody, or to other types',
    allowed: [],
    attempt: async ({ storage }) =>
      worked(await storage.updateBucket('message-files', { public: true })) ||
      worked(await storage.updateBucket('message-files', { public: false, allowedMimeTypes: ['text/html'] })),
  },
  {
    what: 'send a message with a file of the owner',
    allowed: ['owner'],
    attempt: async (client) => worked(await write(client, loosePath.split('/')[1] ?? '', [loosePath])),
  },
];

beforeAll(async () => {
  stack = await forkOurChat();
  family = await foundFamily(stack);
  const { owner } = family.people;
  sentPath = (await send(owner)).path;
  loosePath = newPath(owner.id);
  const { error } = await upload(owner.client, loosePath);
  if (error) throw error;
});

afterAll(() => stack?.stop());

describeAccess(CASES, () => family);

describe('the bucket of files in messages', () => {
  test.each(['text/html', 'image/svg+xml', 'application/xhtml+xml', 'text/javascript', 'application/pdf'])(
    'has no file that a browser would open: %s',
    async (type) => {
      const { client, id } = family.people.member;
      const { error } = await upload(client, newPath(id), content('<script>', type));
      expect(error).toMatchObject({ message: `mime type ${type} is not supported` });
    },
  );

  test.each(['5', '1.html', '../1', '1/2', ''])('has no file with another name: "%s"', async (name) => {
    const { client, id } = family.people.member;
    expect(worked(await upload(client, newPath(id, undefined, name)))).toBe(false);
  });

  test('accepts at most eight files that are in no message, and none from somebody without a family', async () => {
    const { stranger, former } = family.people;
    const answers = [];
    for (let i = 0; i < 9; i += 1) answers.push(await upload(stranger.client, newPath(stranger.id)));
    expect(answers.map(worked)).toEqual([...Array<boolean>(8).fill(true), false]);
    expect(worked(await upload(former.client, newPath(former.id)))).toBe(false);
  });
});

describe('a message with files', () => {
  test('tells the truth about them', async () => {
    const { client, id: userId } = family.people.member;
    const id = crypto.randomUUID();
    const path = newPath(userId, id);
    expect((await write(client, id, [path])).error?.code).toBe('42501');
    expect(worked(await upload(client, path))).toBe(true);
    const untrue = [1, 999_999_999, -1, 8.5, '8', null].map((size) => ({ size }));
    for (const change of [...untrue, { path: newPath(family.people.owner.id, id) }]) {
      expect((await write(client, id, [path], change)).error?.code).toBe('42501');
    }
    const refused = [
      { name: '' },
      { name: 1 },
      { name: 'x'.repeat(201) },
      { name: '../../etc/passwd' },
      { name: 'line\nbreak' },
      { onclick: 'alert(1)' },
    ];
    for (const change of refused) {
      expect((await write(client, id, [path], change)).error?.code).toBe('23514');
    }
    expect((await write(client, id, [path, path])).error?.code).toBe('23514');
    expect((await write(client, crypto.randomUUID(), [path])).error?.code).toBe('23514');
    await write(client, id, [path], { name: 'Ünïcode “letter” 2026.pdf' }).throwOnError();
  });

  test('is downloaded under its name, whatever its content, as an attachment', async () => {
    const { client, id: userId } = family.people.member;
    const id = crypto.randomUUID();
    const path = newPath(userId, id);
    await upload(client, path, content('<script>document.title = 1</script>'));
    await write(client, id, [path], { name: 'page.html', size: 35 }).throwOnError();
    const { data } = await files(client).createSignedUrl(path, 60, { download: 'page.html' });
    const response = await fetch(data?.signedUrl ?? '');
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(response.headers.get('content-disposition')).toMatch(/^attachment;.*page\.html/);
  });

  test('keeps its files when it is edited', async () => {
    const { client } = family.people.member;
    const { id, path } = await send(family.people.member);
    await client.from('messages').update({ body: 'With words' }).eq('id', id).throwOnError();
    expect((await client.from('messages').update({ files: [] }).eq('id', id)).error?.code).toBe('42501');
    expect(worked(await files(family.people.owner.client).download(path))).toBe(true);
  });

  test('hides its files as soon as it is deleted, and lets its author remove them', async () => {
    const { owner, member } = family.people;
    const { id, path } = await send(member);
    await member.client.rpc('delete_message', { message_id: id }).throwOnError();
    expect(worked(await files(owner.client).download(path))).toBe(false);
    const strays = async (client: OurChatClient) => (await client.rpc('stray_files').throwOnError()).data;
    expect(await strays(member.client)).toEqual([path]);
    expect(await strays(owner.client)).toEqual([]);
    expect((await files(owner.client).remove([path])).data).toEqual([]);
    expect((await files(member.client).remove([path])).data).toHaveLength(1);
    expect(await strays(member.client)).toEqual([]);
  });

  test('is found by the names of its files, and by having some', async () => {
    const { client } = family.people.member;
    const { id } = await send(family.people.member, 'Zoo_tickets-2026.pdf');
    await client
      .from('messages')
      .insert({ id: crypto.randomUUID(), channel_id: family.channelId, body: 'Nothing attached' })
      .throwOnError();
    const search = async (input: object) =>
      (await client.rpc('search_messages', { family_id: family.familyId, ...input }).throwOnError()).data;
    for (const query of ['zoo', 'ticket', 'Zoo_tickets-2026.pdf', '2026']) {
      expect((await search({ query })).map((message) => message.id)).toContain(id);
    }
    expect(await search({ query: 'zoo', has_images: true })).toEqual([]);
    const withFiles = await search({ has_files: true });
    expect(withFiles.map((message) => message.id)).toContain(id);
    expect(withFiles.map((message) => message.files)).not.toContainEqual([]);
  });
});
