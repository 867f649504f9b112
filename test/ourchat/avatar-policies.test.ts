import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AccessCase, describeAccess, MEMBERS, worked } from '../helpers/ourchat-access.ts';
import { foundFamily, type TestFamily } from '../helpers/ourchat-family.ts';
import { forkOurChat, type OurChatFork } from '../helpers/ourchat-fork.ts';
import { type OurChatClient } from '../helpers/ourchat-person.ts';

// Who × what: access to profile pictures, through the Storage API with real sessions.

let stack: OurChatFork;
let family: TestFamily;
let picture: Blob;
/** The owner's picture, which the profile uses. */
let ownersPath: string;
/** A file in the owner's folder that the profile no longer uses. */
let formerPath: string;

const avatars = (client: OurChatClient) => client.storage.from('avatars');
const newPath = (userId: string): string => `${userId}/${crypto.randomUUID()}.webp`;
const upload = (client: OurChatClient, path: string, options = {}) =>
  avatars(client).upload(path, picture, { contentType: 'image/webp', ...options });

const CASES: readonly AccessCase[] = [
  {
    what: "download the owner's picture",
    allowed: MEMBERS,
    attempt: async (client) => worked(await avatars(client).download(ownersPath)),
  },
  {
    what: 'get a signed URL for it',
    allowed: MEMBERS,
    attempt: async (client) => worked(await avatars(client).createSignedUrl(ownersPath, 60)),
  },
  {
    what: 'get many signed URLs at once',
    allowed: MEMBERS,
    attempt: async (client) => {
      const { data } = await avatars(client).createSignedUrls([ownersPath], 60);
      return Boolean(data?.[0]?.signedUrl);
    },
  },
  {
    what: 'load it without a signature',
    allowed: [],
    attempt: async (client) =>
      (await fetch(avatars(client).getPublicUrl(ownersPath).data.publicUrl)).status === 200,
  },
  {
    what: "list the other files in the owner's folder",
    allowed: ['owner'],
    attempt: async (client) => ((await avatars(client).list(family.people.owner.id)).data?.length ?? 0) > 1,
  },
  {
    what: 'list the folders',
    // Folders of people whose picture they may see.
    allowed: MEMBERS,
    attempt: async (client) => ((await avatars(client).list()).data?.length ?? 0) > 0,
  },
  {
    what: "download the owner's former picture",
    allowed: ['owner'],
    attempt: async (client) => worked(await avatars(client).download(formerPath)),
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
      worked(await avatars(client).createSignedUploadUrl(newPath(family.people.owner.id))),
  },
  {
    what: 'replace the picture',
    allowed: [],
    attempt: async (client) => worked(await upload(client, ownersPath, { upsert: true })),
  },
  {
    what: 'replace it with update()',
    allowed: [],
    attempt: async (client) => worked(await avatars(client).update(ownersPath, picture)),
  },
  {
    what: 'move it away',
    allowed: [],
    attempt: async (client) =>
      worked(await avatars(client).move(ownersPath, newPath(family.people.owner.id))),
  },
  {
    what: 'delete it while the profile uses it',
    allowed: [],
    attempt: async (client) => ((await avatars(client).remove([ownersPath])).data?.length ?? 0) > 0,
  },
  {
    what: 'delete a file that the profile no longer uses',
    allowed: ['owner'],
    attempt: async (client) => ((await avatars(client).remove([formerPath])).data?.length ?? 0) > 0,
  },
  {
    what: "use the owner's picture for their own profile",
    allowed: [],
    attempt: async (client) => {
      const { data: session } = await client.auth.getUser();
      if (session.user?.id === family.people.owner.id) return false;
      const id = session.user?.id ?? crypto.randomUUID();
      const { data, error } = await client
        .from('users')
        .update({ avatar_path: ownersPath })
        .eq('id', id)
        .select();
      return error === null && data.length > 0;
    },
  },
  {
    what: 'use a picture that does not exist',
    allowed: [],
    attempt: async (client) => {
      const { data: session } = await client.auth.getUser();
      const id = session.user?.id ?? crypto.randomUUID();
      const path = newPath(id);
      const { data, error } = await client.from('users').update({ avatar_path: path }).eq('id', id).select();
      return error === null && data.length > 0;
    },
  },
  {
    what: 'empty, change or delete the bucket',
    allowed: [],
    attempt: async ({ storage }) =>
      worked(await storage.emptyBucket('avatars')) ||
      worked(await storage.updateBucket('avatars', { public: true })) ||
      worked(await storage.deleteBucket('avatars')),
  },
];

beforeAll(async () => {
  stack = await forkOurChat();
  const pixels = sharp({ create: { width: 8, height: 8, channels: 3, background: '#a8326f' } });
  picture = new Blob([new Uint8Array(await pixels.webp().toBuffer())], { type: 'image/webp' });
  family = await foundFamily(stack);
  const { client, id } = family.people.owner;
  [formerPath, ownersPath] = [newPath(id), newPath(id)];
  for (const path of [formerPath, ownersPath]) {
    const { error } = await upload(client, path);
    if (error) throw error;
    await client.from('users').update({ avatar_path: path }).eq('id', id).throwOnError();
  }
});

afterAll(() => stack?.stop());

describeAccess(CASES, () => family);

describe('the bucket of avatars', () => {
  test('accepts only small pictures', async () => {
    const { client, id } = family.people.member;
    const html = new Blob(['<script>'], { type: 'text/html' });
    const text = await avatars(client).upload(newPath(id), html);
    expect(text.error).toMatchObject({ message: 'mime type text/html is not supported' });
    const large = await avatars(client).upload(
      newPath(id),
      new Blob([new Uint8Array(300_000)], { type: 'image/webp' }),
    );
    expect(large.error).toMatchObject({ message: 'The object exceeded the maximum allowed size' });
  });

  test('accepts only names of its pattern', async () => {
    const { client, id } = family.people.member;
    for (const path of [
      `${id}/me.webp`,
      `${id}/${crypto.randomUUID()}.svg`,
      `${id}/a/${crypto.randomUUID()}.webp`,
    ]) {
      expect(await upload(client, path)).toMatchObject({ data: null });
    }
  });

  test('accepts at most five files per person', async () => {
    const { client, id } = family.people.stranger;
    const answers = [];
    for (let i = 0; i < 6; i += 1) answers.push(await upload(client, newPath(id)));
    expect(answers.map(worked)).toEqual([true, true, true, true, true, false]);
  });

  test('becomes visible to somebody who joins, until they leave', async () => {
    const { client } = family.people.former;
    const { data } = await family.people.owner.client
      .from('families')
      .select('invite_code')
      .eq('id', family.familyId)
      .single()
      .throwOnError();
    await client.rpc('join_family', { code: data.invite_code }).throwOnError();
    expect(worked(await avatars(client).download(ownersPath))).toBe(true);
    await client.rpc('leave_family', { family_id: family.familyId }).throwOnError();
    expect(worked(await avatars(client).download(ownersPath))).toBe(false);
  });
});
