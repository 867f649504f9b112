import type { RealtimeChannel } from '@supabase/supabase-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { forkOurChat, type OurChatFork } from '../helpers/ourchat-fork.ts';
import { type Person, signUpPerson } from '../helpers/ourchat-person.ts';

let stack: OurChatFork;
let anna: Person;
let ben: Person;
let stella: Person;
let familyId: string;
let channelId: string;

const PATIENCE = { timeout: 20_000 };

beforeAll(async () => {
  stack = await forkOurChat();
  [anna, ben, stella] = await Promise.all([
    signUpPerson(stack, 'Anna'),
    signUpPerson(stack, 'Ben'),
    signUpPerson(stack, 'Stella'),
  ]);
  const { data: family } = await anna.client.rpc('create_family', { name: 'Family' }).throwOnError();
  await ben.client.rpc('join_family', { code: family.invite_code }).throwOnError();
  const { data: channel } = await anna.client.from('channels').select().single().throwOnError();
  familyId = family.id;
  channelId = channel.id;
});

afterAll(() => stack?.stop());

async function join(person: Person, prepare: (channel: RealtimeChannel) => void = () => {}) {
  await person.client.realtime.setAuth();
  const channel = person.client.channel(`family:${familyId}`, {
    config: { private: true, presence: { key: person.id } },
  });
  prepare(channel);
  const status = await new Promise<string>((resolve) => channel.subscribe((state) => resolve(state)));
  return { channel, status };
}

test('lets members, and nobody else, join the channel of a family', async () => {
  const [inside, outside] = await Promise.all([join(anna), join(stella)]);
  expect([inside.status, outside.status]).toEqual(['SUBSCRIBED', 'CHANNEL_ERROR']);
  await Promise.all([inside.channel.unsubscribe(), outside.channel.unsubscribe()]);
});

test('takes the sender of a signal from the session; a forged broadcast reaches nobody', async () => {
  const signals: unknown[] = [];
  let arrived: () => void;
  const isHere = new Promise<void>((resolve) => (arrived = resolve));
  const listener = await join(anna, (channel) => {
    channel.on('broadcast', { event: 'typing' }, ({ payload }) => {
      signals.push(payload);
      arrived();
    });
  });
  const forger = await join(ben);
  await forger.channel.send({
    type: 'broadcast',
    event: 'typing',
    payload: { userId: anna.id, channelId },
  });
  const signal = { family_id: familyId, event: 'typing', channel_id: channelId };
  await ben.client.rpc('send_signal', signal).throwOnError();
  await isHere;
  expect(signals).toEqual([{ userId: ben.id, channelId, id: expect.any(String) }]);
  await Promise.all([listener.channel.unsubscribe(), forger.channel.unsubscribe()]);
});

test('shows members who is online', async () => {
  const listener = await join(anna, (channel) => channel.on('presence', { event: 'sync' }, () => {}));
  const other = await join(ben);
  expect(await other.channel.track({ channelId })).toBe('ok');
  await expect.poll(() => Object.keys(listener.channel.presenceState()), PATIENCE).toContain(ben.id);
  await Promise.all([listener.channel.unsubscribe(), other.channel.unsubscribe()]);
});

// Before version 2.112, supabase-js never removed somebody who had tracked twice. The page tracks again for every channel
// it shows.
test('shows members that somebody has left, even after a second track', async () => {
  const listener = await join(anna, (channel) => channel.on('presence', { event: 'sync' }, () => {}));
  const seen = (): unknown[] => {
    const pages = listener.channel.presenceState<{ channelId: string | null }>()[ben.id] ?? [];
    return pages.map((page) => page.channelId);
  };
  const other = await join(ben);
  await other.channel.track({ channelId });
  await expect.poll(seen, PATIENCE).toEqual([channelId]);
  await other.channel.track({ channelId: null });
  await expect.poll(seen, PATIENCE).toEqual([null]);
  await other.channel.unsubscribe();
  await expect.poll(seen, PATIENCE).toEqual([]);
  await listener.channel.unsubscribe();
});
