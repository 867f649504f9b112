import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { forkOurChat, type OurChatFork } from '../helpers/ourchat-fork.ts';
import { type OurChatClient, type Person, signUpPerson } from '../helpers/ourchat-person.ts';

// Who × what × whose, with real sessions through the API. A hostile client can do what is listed here as allowed,
// and nothing else.

type Who = 'owner' | 'member' | 'former' | 'stranger' | 'anonymous';

interface Case {
  readonly what: string;
  /** Who may; everybody else must be refused. */
  readonly allowed: readonly Who[];
  /** Rows that the call returned or changed; an error counts as none. */
  readonly attempt: (client: OurChatClient) => Promise<number>;
}

const ALL: readonly Who[] = ['owner', 'member', 'former', 'stranger', 'anonymous'];
const MEMBERS: readonly Who[] = ['owner', 'member'];

let stack: OurChatFork;
let people: Record<Exclude<Who, 'anonymous'>, Person>;
let clients: Record<Who, OurChatClient>;
let familyId: string;
let channelId: string;
let archivedId: string;
/** Written by the owner. */
let messageId: string;

interface Answer {
  readonly data: unknown;
  readonly error: { readonly code: string; readonly message: string } | null;
}

function rows({ data, error }: Answer): number {
  if (error) return 0;
  return Array.isArray(data) ? data.length : 1;
}

const write = (client: OurChatClient, channel: string, change: object = {}): PromiseLike<Answer> =>
  client
    .from('messages')
    .insert({ id: crypto.randomUUID(), channel_id: channel, body: 'Hello', ...change })
    .select();

const CASES: readonly Case[] = [
  {
    what: 'read the family',
    allowed: MEMBERS,
    attempt: async (client) => rows(await client.from('families').select().eq('id', familyId)),
  },
  {
    what: 'read the names of its members',
    allowed: MEMBERS,
    attempt: async (client) => rows(await client.from('users').select().eq('id', people.owner.id)),
  },
  {
    what: 'read its list of members',
    allowed: MEMBERS,
    attempt: async (client) =>
      rows(
        await client.from('family_members').select().eq('family_id', familyId).eq('user_id', people.owner.id),
      ),
  },
  {
    what: 'read its channels',
    allowed: MEMBERS,
    attempt: async (client) => rows(await client.from('channels').select().eq('family_id', familyId)),
  },
  {
    what: 'read its messages',
    allowed: MEMBERS,
    attempt: async (client) => rows(await client.from('messages').select().eq('channel_id', channelId)),
  },
  {
    what: 'read its counters',
    allowed: MEMBERS,
    attempt: async (client) =>
      rows(await client.from('channel_counters').select().eq('channel_id', channelId)),
  },
  {
    what: 'read its reactions',
    allowed: MEMBERS,
    attempt: async (client) => rows(await client.from('reactions').select().eq('message_id', messageId)),
  },
  {
    what: 'search its messages',
    allowed: MEMBERS,
    attempt: async (client) =>
      rows(await client.rpc('search_messages', { family_id: familyId, query: 'strawberries' })),
  },
  {
    what: 'write a message',
    allowed: MEMBERS,
    attempt: async (client) => rows(await write(client, channelId)),
  },
  {
    what: 'write to an archived channel',
    allowed: [],
    attempt: async (client) => rows(await write(client, archivedId)),
  },
  {
    what: 'signal to the family that they are typing',
    allowed: MEMBERS,
    attempt: async (client) =>
      rows(await client.rpc('send_signal', { family_id: familyId, event: 'typing', channel_id: channelId })),
  },
  {
    what: 'signal anything else to the family',
    allowed: [],
    attempt: async (client) =>
      rows(await client.rpc('send_signal', { family_id: familyId, event: 'anything' })),
  },
  {
    what: 'write in the name of somebody else',
    allowed: [],
    attempt: async (client) => rows(await write(client, channelId, { author_id: people.owner.id })),
  },
  {
    what: 'write at a chosen position',
    allowed: [],
    attempt: async (client) => rows(await write(client, channelId, { position: 1_000_000 })),
  },
  {
    what: 'write with a chosen date',
    allowed: [],
    attempt: async (client) => rows(await write(client, channelId, { created_at: '2001-01-01T00:00:00Z' })),
  },
  {
    what: 'write a message with forged reactions',
    allowed: [],
    attempt: async (client) =>
      rows(await write(client, channelId, { reactions: { '👍': [people.owner.id] } })),
  },
  {
    what: 'write an empty message',
    allowed: [],
    attempt: async (client) => rows(await write(client, channelId, { body: ' \n ' })),
  },
  {
    what: 'write a message of 4,001 characters',
    allowed: [],
    attempt: async (client) => rows(await write(client, channelId, { body: 'x'.repeat(4_001) })),
  },
  {
    what: "edit the owner's message",
    allowed: ['owner'],
    attempt: async (client) =>
      rows(
        await client.from('messages').update({ body: 'I love strawberries' }).eq('id', messageId).select(),
      ),
  },
  {
    what: 'move a message to another channel',
    allowed: [],
    attempt: async (client) =>
      rows(await client.from('messages').update({ channel_id: archivedId }).eq('id', messageId).select()),
  },
  {
    what: 'undelete or mark as deleted directly',
    allowed: [],
    attempt: async (client) =>
      rows(await client.from('messages').update({ deleted_at: null }).eq('id', messageId).select()),
  },
  {
    what: 'remove a message from the table',
    allowed: [],
    attempt: async (client) => rows(await client.from('messages').delete().eq('id', messageId).select()),
  },
  {
    what: 'react to a message',
    allowed: MEMBERS,
    attempt: async (client) =>
      rows(await client.from('reactions').insert({ message_id: messageId, emoji: '🎉' }).select()),
  },
  {
    what: 'react in the name of somebody else',
    allowed: [],
    attempt: async (client) =>
      rows(
        await client
          .from('reactions')
          .insert({ message_id: messageId, emoji: '👎', user_id: people.owner.id })
          .select(),
      ),
  },
  {
    what: 'react with a word',
    allowed: [],
    attempt: async (client) =>
      rows(await client.from('reactions').insert({ message_id: messageId, emoji: 'nonsense' }).select()),
  },
  {
    what: "remove the owner's reaction",
    allowed: ['owner'],
    attempt: async (client) =>
      rows(
        await client
          .from('reactions')
          .delete()
          .match({ message_id: messageId, user_id: people.owner.id, emoji: '🎉' })
          .select(),
      ),
  },
  {
    what: 'create a channel',
    allowed: MEMBERS,
    attempt: async (client) =>
      rows(
        await client
          .from('channels')
          .insert({ family_id: familyId, name: `new-${crypto.randomUUID().slice(0, 8)}` })
          .select(),
      ),
  },
  {
    what: "rename the owner's channel",
    allowed: ['owner'],
    attempt: async (client) =>
      rows(await client.from('channels').update({ description: 'Changed' }).eq('id', channelId).select()),
  },
  {
    what: 'move a channel to another family',
    allowed: [],
    attempt: async (client) =>
      rows(
        await client.from('channels').update({ family_id: crypto.randomUUID() }).eq('id', channelId).select(),
      ),
  },
  {
    what: 'remove a channel from the table',
    allowed: [],
    attempt: async (client) => rows(await client.from('channels').delete().eq('id', channelId).select()),
  },
  {
    what: 'rename the family',
    allowed: ['owner'],
    attempt: async (client) =>
      rows(await client.from('families').update({ name: 'Renamed' }).eq('id', familyId).select()),
  },
  {
    what: 'choose the invite code',
    allowed: [],
    attempt: async (client) =>
      rows(await client.from('families').update({ invite_code: 'AAAAAAAAAA' }).eq('id', familyId).select()),
  },
  {
    what: 'add themselves to the family directly',
    allowed: [],
    attempt: async (client) => {
      const { data } = await client.auth.getUser();
      const userId = data.user?.id ?? crypto.randomUUID();
      return rows(
        await client.from('family_members').insert({ family_id: familyId, user_id: userId }).select(),
      );
    },
  },
  {
    what: 'make themselves owner directly',
    allowed: [],
    attempt: async (client) =>
      rows(await client.from('family_members').update({ role: 'owner' }).eq('family_id', familyId).select()),
  },
  {
    what: "change the owner's name",
    allowed: ['owner'],
    attempt: async (client) =>
      rows(await client.from('users').update({ display_name: 'Changed' }).eq('id', people.owner.id).select()),
  },
  {
    what: "see the owner's read position",
    allowed: ['owner'],
    attempt: async (client) =>
      rows(
        await client
          .from('channel_reads')
          .select()
          .eq('channel_id', channelId)
          .eq('user_id', people.owner.id),
      ),
  },
  {
    what: 'write a read position directly',
    allowed: [],
    attempt: async (client) =>
      rows(
        await client
          .from('channel_reads')
          .insert({ channel_id: channelId, user_id: people.owner.id })
          .select(),
      ),
  },
  {
    what: 'set the counters',
    allowed: [],
    attempt: async (client) =>
      rows(
        await client
          .from('channel_counters')
          .update({ last_position: 0 })
          .eq('channel_id', channelId)
          .select(),
      ),
  },
  {
    what: "delete the owner's message",
    allowed: ['owner'],
    attempt: async (client) => rows(await client.rpc('delete_message', { message_id: messageId })),
  },
  {
    what: 'replace the invite code',
    allowed: ['owner'],
    attempt: async (client) => rows(await client.rpc('replace_invite_code', { family_id: familyId })),
  },
  {
    what: 'make a member an owner',
    allowed: ['owner'],
    attempt: async (client) =>
      rows(
        await client.rpc('set_member_role', {
          family_id: familyId,
          user_id: people.owner.id,
          role: 'owner',
        }),
      ),
  },
  {
    what: 'demote the last owner',
    allowed: [],
    attempt: async (client) =>
      rows(
        await client.rpc('set_member_role', {
          family_id: familyId,
          user_id: people.owner.id,
          role: 'member',
        }),
      ),
  },
  {
    what: 'remove a member',
    allowed: ['owner'],
    // Nobody is removed: only permission to call is checked.
    attempt: async (client) =>
      rows(await client.rpc('remove_member', { family_id: familyId, user_id: crypto.randomUUID() })),
  },
  {
    what: 'create a family of their own',
    allowed: ['owner', 'member', 'former', 'stranger'],
    attempt: async (client) => rows(await client.rpc('create_family', { name: 'Another one' })),
  },
];

beforeAll(async () => {
  stack = await forkOurChat();
  const [owner, member, former, stranger] = await Promise.all(
    ['Olga', 'Max', 'Fred', 'Stella'].map((name) => signUpPerson(stack, name)),
  );
  if (!owner || !member || !former || !stranger) throw new Error('unreachable');
  people = { owner, member, former, stranger };
  const anonymous = stack.client() as unknown as OurChatClient;
  clients = {
    owner: owner.client,
    member: member.client,
    former: former.client,
    stranger: stranger.client,
    anonymous,
  };
  const { data: family } = await owner.client.rpc('create_family', { name: 'Family' }).throwOnError();
  familyId = family.id;
  for (const person of [member, former]) {
    await person.client.rpc('join_family', { code: family.invite_code }).throwOnError();
  }
  const { data: channel } = await owner.client.from('channels').select().single().throwOnError();
  channelId = channel.id;
  const { data: archived } = await owner.client
    .from('channels')
    .insert({ family_id: familyId, name: 'archived' })
    .select()
    .single()
    .throwOnError();
  archivedId = archived.id;
  await owner.client
    .from('channels')
    .update({ archived_at: new Date().toISOString() })
    .eq('id', archivedId)
    .throwOnError();
  messageId = crypto.randomUUID();
  await owner.client
    .from('messages')
    .insert({ id: messageId, channel_id: channelId, body: 'The strawberries are ripe' })
    .throwOnError();
  await owner.client.from('reactions').insert({ message_id: messageId, emoji: '🍓' }).throwOnError();
  await former.client.rpc('leave_family', { family_id: familyId }).throwOnError();
});

afterAll(() => stack?.stop());

describe.each(CASES)('$what', ({ allowed, attempt }) => {
  // The owner last, whose actions change the data of the other cases.
  test.each(ALL.toReversed())('%s', async (who) => {
    expect((await attempt(clients[who])) > 0).toBe(allowed.includes(who));
  });
});

describe('a family', () => {
  test('accepts everybody who has its code, however it is typed, and nobody else', async () => {
    const { data: family } = await people.owner.client
      .from('families')
      .select()
      .eq('id', familyId)
      .single()
      .throwOnError();
    const code = family.invite_code.toLowerCase();
    const typed = ` ${code.slice(0, 5)}-${code.slice(5).replaceAll('0', 'o').replaceAll('1', 'l')} `;
    const newcomer = await signUpPerson(stack, 'Nora');
    const wrong = await newcomer.client.rpc('join_family', { code: 'AAAAA-AAAAA' });
    expect(wrong.error).toMatchObject({ code: 'P0001', message: 'No family has this invite code' });
    const { data: joined } = await newcomer.client.rpc('join_family', { code: typed }).throwOnError();
    expect(joined.id).toBe(familyId);
    const again = await newcomer.client.rpc('join_family', { code: typed });
    expect(again.error).toBeNull();
  });

  test('gets a new owner when the last one leaves, and is deleted with its last member', async () => {
    const [first, second] = await Promise.all([signUpPerson(stack, 'First'), signUpPerson(stack, 'Second')]);
    const { data: family } = await first.client.rpc('create_family', { name: 'Two' }).throwOnError();
    await second.client.rpc('join_family', { code: family.invite_code }).throwOnError();
    await first.client.rpc('leave_family', { family_id: family.id }).throwOnError();
    const { data: members } = await second.client
      .from('family_members')
      .select('user_id, role, left_at')
      .eq('family_id', family.id)
      .is('left_at', null)
      .throwOnError();
    expect(members).toEqual([{ user_id: second.id, role: 'owner', left_at: null }]);
    await second.client.rpc('leave_family', { family_id: family.id }).throwOnError();
    const admin = stack.client(stack.secretKey) as unknown as OurChatClient;
    const { data: left } = await admin.from('families').select().eq('id', family.id).throwOnError();
    expect(left).toEqual([]);
  });

  test('keeps the names of former members for its history', async () => {
    const { data } = await people.member.client
      .from('family_members')
      .select('left_at, users(display_name)')
      .eq('user_id', people.former.id)
      .eq('family_id', familyId)
      .single()
      .throwOnError();
    expect(data.left_at).not.toBeNull();
    expect(data.users.display_name).toBe('Fred');
  });
});

describe('messages', () => {
  test('are numbered without gaps, whatever is refused in between', async () => {
    const { client } = people.member;
    const { data: channel } = await client
      .from('channels')
      .insert({ family_id: familyId, name: 'numbers' })
      .select()
      .single()
      .throwOnError();
    const attempts = Array.from({ length: 20 }, (_, i) =>
      write(client, channel.id, i % 4 === 3 ? { body: ' ' } : {}),
    );
    await Promise.all(attempts);
    const { data } = await client
      .from('messages')
      .select('position, revision')
      .eq('channel_id', channel.id)
      .order('position')
      .throwOnError();
    expect(data.map((row) => row.position)).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
  });

  test('are stored once, however often they are sent', async () => {
    const { client } = people.member;
    const message = { id: crypto.randomUUID(), channel_id: channelId, body: 'Once' };
    const answers = await Promise.all([1, 2, 3].map(() => client.from('messages').insert(message)));
    expect(answers.filter(({ error }) => error === null)).toHaveLength(1);
    expect(answers.flatMap(({ error }) => error?.code ?? [])).toEqual(['23505', '23505']);
  });

  test('mention only members of the family', async () => {
    const mentions = [people.owner.id, people.stranger.id, crypto.randomUUID()];
    const { data } = await people.member.client
      .from('messages')
      .insert({ id: crypto.randomUUID(), channel_id: channelId, body: '@Olga', mentions })
      .select()
      .single()
      .throwOnError();
    expect(data.mentions).toEqual([people.owner.id]);
  });

  test('contain their reactions, counted correctly when many react at once', async () => {
    const id = crypto.randomUUID();
    const { client } = people.owner;
    await client.from('messages').insert({ id, channel_id: channelId, body: 'React!' }).throwOnError();
    const add = (person: Person, emoji: string): PromiseLike<unknown> =>
      person.client.from('reactions').insert({ message_id: id, emoji }).throwOnError();
    await Promise.all([
      add(people.owner, '👍'),
      add(people.member, '👍'),
      add(people.owner, '🎉'),
      add(people.member, '❤️'),
    ]);
    const { data } = await client.from('messages').select('reactions').eq('id', id).single().throwOnError();
    const reactions = data.reactions as Record<string, string[]>;
    expect(
      Object.fromEntries(Object.entries(reactions).map(([emoji, by]) => [emoji, by.toSorted()])),
    ).toEqual({
      '👍': [people.owner.id, people.member.id].toSorted(),
      '🎉': [people.owner.id],
      '❤️': [people.member.id],
    });
  });

  test('accept reactions, replies and edits at the same time', async () => {
    const id = crypto.randomUUID();
    const { client } = people.owner;
    await client.from('messages').insert({ id, channel_id: channelId, body: '0' }).throwOnError();
    const rounds = Array.from({ length: 8 }, (_, round) => [
      people.member.client.from('reactions').insert({ message_id: id, emoji: `${round}\u20e3` }),
      client.from('reactions').insert({ message_id: id, emoji: `${round}\u20e3` }),
      people.member.client
        .from('messages')
        .insert({ id: crypto.randomUUID(), channel_id: channelId, body: 'Reply', reply_to: id }),
      client
        .from('messages')
        .update({ body: String(round + 1) })
        .eq('id', id),
    ]);
    const answers = await Promise.all(rounds.flat());
    expect(answers.flatMap(({ error }) => error?.message ?? [])).toEqual([]);
    const { data } = await client.from('messages').select('reactions').eq('id', id).single().throwOnError();
    expect(Object.values(data.reactions as object).map((by: string[]) => by.length)).toEqual(
      Array(8).fill(2),
    );
  });

  test('lose their content when they are deleted, and keep their place', async () => {
    const id = crypto.randomUUID();
    const { client } = people.member;
    await client.from('messages').insert({ id, channel_id: channelId, body: 'Secret' }).throwOnError();
    await client.rpc('delete_message', { message_id: id }).throwOnError();
    const { data } = await client.from('messages').select().eq('id', id).single().throwOnError();
    expect(data).toMatchObject({ body: '', reactions: {}, mentions: [] });
    expect(data.deleted_at).not.toBeNull();
  });

  test('have a read position that never decreases', async () => {
    const { client, id } = people.member;
    const read = async (): Promise<number | undefined> => {
      const { data } = await client
        .from('channel_reads')
        .select('position')
        .eq('channel_id', channelId)
        .eq('user_id', id)
        .maybeSingle()
        .throwOnError();
      return data?.position;
    };
    await client.rpc('mark_read', { channel_id: channelId, position: 1_000_000 }).throwOnError();
    const { data: counter } = await client
      .from('channel_counters')
      .select('last_position')
      .eq('channel_id', channelId)
      .single()
      .throwOnError();
    expect(await read()).toBe(counter.last_position);
    await client.rpc('mark_read', { channel_id: channelId, position: 1 }).throwOnError();
    expect(await read()).toBe(counter.last_position);
  });
});
