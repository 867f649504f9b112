/**
 * Picks a channel's items from a list that is replaced at every change. The array for a channel stays the same until
 * one of its own items changes, so that React can memoize by it.
 */
export class ChannelFilter<T extends { readonly channelId: string }> {
  readonly #last = new Map<string, readonly T[]>();

  pick(all: readonly T[], channelId: string): readonly T[] {
    const last = this.#last.get(channelId);
    const items = all.filter((item) => item.channelId === channelId);
    if (last?.length === items.length && items.every((item, index) => item === last[index])) return last;
    this.#last.set(channelId, items);
    return items;
  }
}
