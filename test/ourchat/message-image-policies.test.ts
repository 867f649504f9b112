import pg from 'pg';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AccessCase, describeAccess, MEMBERS, worked } from '../helpers/ourchat-access.ts';
import { foundFamily, type TestFamily } from '../helpers/ourchat-family.ts';
import { forkOurChat, type OurChatFork } from '../helpers/ourchat-fork.ts';
import { type OurChatClient, type Person, signUpPerson } from '../helpers/ourchat-person.ts';

// Who × what: access to pictures in messages, through the Storage API with real sessions.

let stack: OurChatFork;
let family: TestFamily;
let picture: Blob;
/** In a message of the owner. */
let sentPath: string;
/** In a message of a former member. */
let formerPath: string;
/** Uploaded by the owner, but in no message. */
let loosePath: string;

const images = (client: OurChatClient) => client.storage.from('message-images');
const newPath = (userId: string, messageId: string = crypto.randomUUID(), file = '1.webp'): string =>
  `${userId}/${messageId}/${file}`;
const upload = (client: OurChatClient, path: string, options = {}) =>
  images(client).upload(path, picture, options);

/** Inserts a message with these paths, without uploading anything. */
const write = (client: OurChatClient, id: string, paths: readonly string[], change: object = {}) =>
  client.from('messages').insert({
    id,
    channel_id: family.channelId,
    body: '',
    images: paths.map((path) => ({ path, width: 8, height: 8, ...change })),
  });

/** Sends a message with one picture, as the page does. @returns its id and the path of the picture */
async function send({ client, id: userId }: Person): Promise<{ id: string; path: string }> {
  const id = crypto.randomUUID();
  const path = newPath(userId, id);
  const { error } = await upload(client, path);
  if (error) throw error;
  await write(client, id, [path]).throwOnError();
  return { id, path };
}

/** A connection as `postgres`. */
async function connect({ dbUrl }: OurChatFork): Promise<pg.Client & AsyncDisposable> {
  const client = new pg.Client(dbUrl);
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}

const CASES: readonly AccessCase[] = [
  {
    what: 'download a picture of a message',
    allowed: MEMBERS,
    attempt: async (client) => worked(await images(client).download(sentPath)),
  },
  {
    what: 'get a signed URL for it',
    allowed: MEMBERS,
    attempt: async (client) => worked(await images(client).createSignedUrl(sentPath, 60)),
  },
  {
    what: 'get many signed URLs at once',
    allowed: MEMBERS,
    attempt: async (client) => {
      const { data } = await images(client).createSignedUrls([sentPath], 60);
      return Boolean(data?.[0]?.signedUrl);
    },
  },
  {
    what: 'ask for its size and type',
    allowed: MEMBERS,
    attempt: async (client) => worked(await images(client).info(sentPath)),
  },
  {
    what: 'load it without a signature',
    allowed: [],
    attempt: async (client) =>
      (await fetch(images(client).getPublicUrl(sentPath).data.publicUrl)).status === 200,
  },
  {
    what: 'download the picture of a former member',
    // The former member may load their own file.
    allowed: ['former', ...MEMBERS],
    attempt: async (client) => worked(await images(client).download(formerPath)),
  },
  {
    what: 'download a picture that the owner has uploaded but not sent',
    allowed: ['owner'],
    attempt: async (client) => worked(await images(client).download(loosePath)),
  },
  {
    what: 'list the folder of the message',
    allowed: MEMBERS,
    attempt: async (client) => {
      const { data } = await images(client).list(sentPath.replace(/\/1\.webp$/, ''));
      return (data?.length ?? 0) > 0;
    },
  },
  {
    what: 'add a file to the folder of the owner',
    allowed: ['owner'],
    attempt: async (client) => worked(await upload(client, newPath(family.people.owner.id))),
  },
  {
    what: 'get a signed URL for an upload there',
    allowed: ['owner'],
    attempt: async (client) =>
      worked(await images(client).createSignedUploadUrl(newPath(family.people.owner.id))),
  },
  {
    what: 'replace the picture',
    allowed: [],
    attempt: async (client) => worked(await upload(client, sentPath, { upsert: true })),
  },
  {
    what: 'move it away',
    allowed: [],
    attempt: async (client) => worked(await images(client).move(sentPath, newPath(family.people.owner.id))),
  },
  {
    what: 'copy it into the folder of the owner',
    allowed: ['owner'],
    attempt: async (client) => worked(await images(client).copy(sentPath, newPath(family.people.owner.id))),
  },
  {
    what: 'delete it while the message uses it',
    allowed: [],
    attempt: async (client) => ((await images(client).remove([sentPath])).data?.length ?? 0) > 0,
  },
  {
    what: 'send a message with a file of the owner',
    allowed: ['owner'],
    attempt: async (client) => {
      const id = loosePath.split('/')[1] ?? '';
      return worked(await write(client, id, [loosePath]));
    },
  },
  {
    what: 'empty, open or delete the bucket',
    allowed: [],
    attempt: async ({ storage }) =>
      worked(await storage.emptyBucket('message-images')) ||
      worked(await storage.updateBucket('message-images', { public: true })) ||
      worked(await storage.deleteBucket('message-images')),
  },
];

beforeAll(async () => {
  stack = await forkOurChat();
  const pixels = sharp({ create: { width: 8, height: 8, channels: 3, background: '#2460a7' } });
  picture = new Blob([new Uint8Array(await pixels.webp().toBuffer())], { type: 'image/webp' });
  family = await foundFamily(stack, async (complete) => {
    family = complete;
    formerPath = (await send(complete.people.former)).path;
  });
  const { owner } = family.people;
  sentPath = (await send(owner)).path;
  loosePath = newPath(owner.id);
  const { error } = await upload(owner.client, loosePath);
  if (error) throw error;
});

afterAll(() => stack?.stop());

describeAccess(CASES, () => family);

describe('the bucket of pictures in messages', () => {
  test('accepts only pictures, and only names of its pattern', async () => {
    const { client, id } = family.people.member;
    const html = await images(client).upload(newPath(id), new Blob(['<script>'], { type: 'text/html' }));
    expect(html.error).toMatchObject({ message: 'mime type text/html is not supported' });
    const svg = await images(client).upload(newPath(id), new Blob(['<svg/>'], { type: 'image/svg+xml' }));
    expect(svg.error).toMatchObject({ message: 'mime type image/svg+xml is not supported' });
    for (const path of [newPath(id, 'holiday'), newPath(id, undefined, '5.webp'), `${id}/1.webp`]) {
      expect(await upload(client, path)).toMatchObject({ data: null });
    }
  });

  test('accepts nothing from somebody without a family', async () => {
    const { client, id } = family.people.former;
    expect(worked(await upload(client, newPath(id)))).toBe(false);
  });

  test('accepts at most twenty files that are in no message', async () => {
    const { client, id } = family.people.stranger;
    const answers = await Promise.all(Array.from({ length: 5 }, () => upload(client, newPath(id))));
    for (let i = 0; i < 16; i += 1) answers.push(await upload(client, newPath(id)));
    expect(answers.map(worked)).toEqual([...Array<boolean>(20).fill(true), false]);
  });
});

describe('a message with pictures', () => {
  test('refers only to its own, existing pictures, in a form that the page can lay out', async () => {
    const { client, id: userId } = family.people.member;
    const id = crypto.randomUUID();
    const path = newPath(userId, id);
    const missing = await write(client, id, [path]);
    expect(missing.error?.code).toBe('42501');
    expect(worked(await upload(client, path))).toBe(true);
    const refused = [
      { width: 0 },
      { width: '8' },
      { height: 10_000 },
      { width: 8.5 },
      { alt: 'x'.repeat(301) },
      { alt: 1 },
      { onclick: 'alert(1)' },
    ];
    for (const change of refused) {
      expect((await write(client, id, [path], change)).error?.code).toBe('23514');
    }
    expect((await write(client, id, [path, path])).error?.code).toBe('23514');
    expect((await write(client, crypto.randomUUID(), [path])).error?.code).toBe('23514');
    for (const elsewhere of ['https://example.com/1.webp', null]) {
      expect((await write(client, id, [path], { path: elsewhere })).error?.code).toBe('42501');
    }
    await write(client, id, [path], { alt: 'A blue square' }).throwOnError();
  });

  test('needs text or a picture', async () => {
    const { client } = family.people.member;
    expect((await write(client, crypto.randomUUID(), [])).error?.code).toBe('23514');
  });

  test('keeps its pictures when it is edited', async () => {
    const { client } = family.people.member;
    const { id, path } = await send(family.people.member);
    await client.from('messages').update({ body: 'With words' }).eq('id', id).throwOnError();
    const changed = await client.from('messages').update({ images: [] }).eq('id', id);
    expect(changed.error?.code).toBe('42501');
    expect(worked(await images(family.people.owner.client).download(path))).toBe(true);
  });

  test('hides its pictures as soon as it is deleted, and lets its author remove the files', async () => {
    const { owner, member } = family.people;
    const { id, path } = await send(member);
    expect((await images(member.client).remove([path])).data).toEqual([]);
    await member.client.rpc('delete_message', { message_id: id }).throwOnError();
    expect(worked(await images(owner.client).download(path))).toBe(false);
    // As if the page was closed before it removed the file: the next one finds it.
    const { data: strays } = await member.client.rpc('stray_images').throwOnError();
    expect(strays).toEqual([path]);
    expect((await images(owner.client).remove([path])).data).toEqual([]);
    expect((await images(member.client).remove([path])).data).toHaveLength(1);
    expect((await member.client.rpc('stray_images').throwOnError()).data).toEqual([]);
  });

  test('leaves files behind that are found once they cannot be used any more', async () => {
    const lone = await signUpPerson(stack, 'Lone');
    const { data: created } = await lone.client.rpc('create_family', { name: 'One' }).throwOnError();
    const { data: channel } = await lone.client.from('channels').select().single().throwOnError();
    const id = crypto.randomUUID();
    const [sent, unsent] = [newPath(lone.id, id), newPath(lone.id)];
    for (const path of [sent, unsent]) expect(worked(await upload(lone.client, path))).toBe(true);
    await lone.client
      .from('messages')
      .insert({ id, channel_id: channel.id, body: '', images: [{ path: sent, width: 8, height: 8 }] })
      .throwOnError();
    const strays = async (): Promise<string[]> =>
      (await lone.client.rpc('stray_images').throwOnError()).data.toSorted();
    // It may be about to be sent.
    expect(await strays()).toEqual([]);
    await using database = await connect(stack);
    await database.query(
      `update storage.objects set created_at = now() - interval '2 days' where name like $1`,
      [`${lone.id}/%`],
    );
    expect(await strays()).toEqual([unsent]);
    // When the last member leaves, the family and its messages are deleted.
    await lone.client.rpc('leave_family', { family_id: created.id }).throwOnError();
    expect(await strays()).toEqual([sent, unsent].toSorted());
    expect((await images(lone.client).remove(await strays())).data).toHaveLength(2);
  });

  test('is found by the descriptions of its pictures', async () => {
    const { client, id: userId } = family.people.member;
    const id = crypto.randomUUID();
    await upload(client, newPath(userId, id));
    await write(client, id, [newPath(userId, id)], { alt: 'Grandma with a rhubarb cake' }).throwOnError();
    const { data } = await client
      .rpc('search_messages', { family_id: family.familyId, query: 'rhubarb' })
      .throwOnError();
    expect(data.map((message) => message.id)).toEqual([id]);
  });
});
