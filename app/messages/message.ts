import type { Tables } from '../database.types.ts';

/** A stored message, as the table has it and as realtime delivers it. */
export type Message = Tables<'messages'>;

/** Who reacted how: emoji → ids of people, in the order in which they did. */
export type Reactions = readonly (readonly [emoji: string, userIds: readonly string[]])[];

/** Reads the column `reactions`; anything that is not of its shape is left out. */
export function readReactions(value: Message['reactions']): Reactions {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([emoji, people]) => {
    if (!Array.isArray(people)) return [];
    const ids = people.filter((id) => typeof id === 'string');
    return ids.length === 0 ? [] : [[emoji, ids] as const];
  });
}
