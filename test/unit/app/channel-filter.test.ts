import { expect, test } from 'vitest';
import { ChannelFilter } from '../../../app/messages/channel-filter.ts';

const item = (id: string, channelId: string): { id: string; channelId: string } => ({ id, channelId });

test('picks the items of one channel, in their order', () => {
  const [first, other, second] = [item('1', 'a'), item('2', 'b'), item('3', 'a')];
  expect(new ChannelFilter().pick([first, other, second], 'a')).toEqual([first, second]);
});

// The screen of a channel builds its rows in a useMemo() that depends on this array.
test('returns the same array until an item of the channel changes', () => {
  const filter = new ChannelFilter<{ id: string; channelId: string }>();
  const none = filter.pick([], 'a');
  expect(filter.pick([item('1', 'b')], 'a')).toBe(none);
  const own = item('2', 'a');
  const one = filter.pick([item('1', 'b'), own], 'a');
  expect(one).toEqual([own]);
  expect(filter.pick([own, item('3', 'b')], 'a')).toBe(one);
  const changed = filter.pick([{ ...own }], 'a');
  expect(changed).not.toBe(one);
  expect(filter.pick([], 'a')).toEqual([]);
});
