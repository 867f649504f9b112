import type { Member } from '../model/member.ts';
import { type Emoji, searchEmoji } from './emoji.ts';

/** What is being typed at the caret and can be completed: "@an" or ":cak". */
export interface CompletionQuery {
  readonly kind: 'mention' | 'emoji';
  /** Index of the "@" or ":". */
  readonly start: number;
  readonly typed: string;
}

/** Something that replaces what was typed. */
export interface Suggestion {
  readonly id: string;
  readonly insert: string;
  readonly label: string;
  /** For a mention, the person. */
  readonly member?: Member;
}

const MAX_SUGGESTIONS = 6;

/**
 * The word before the caret, if it can be completed: an @ at the start of a word and at most 40 characters, or a colon
 * and at least two letters, so that a time or a smiley suggests nothing.
 */
export function findCompletion(text: string, caret: number): CompletionQuery | undefined {
  const before = text.slice(0, caret);
  const [, sign, typed] = /(?:^|[\s(])(?:(@)([^\s@]{0,40}))$/u.exec(before) ?? [];
  if (sign !== undefined && typed !== undefined) {
    return { kind: 'mention', start: caret - typed.length - 1, typed };
  }
  const name = /(?:^|\s):([\p{L}_]{2,30})$/u.exec(before)?.[1];
  return name === undefined ? undefined : { kind: 'emoji', start: caret - name.length - 1, typed: name };
}

/** At most six people with a word in their name that begins with what was typed, or six emoji. */
export function suggest(
  query: CompletionQuery,
  members: readonly Member[],
  emoji: readonly Emoji[],
): readonly Suggestion[] {
  if (query.kind === 'emoji') {
    return searchEmoji(emoji, query.typed, MAX_SUGGESTIONS).map((found) => ({
      id: found.name.replaceAll(/\W+/g, '-'),
      insert: found.emoji,
      label: `${found.emoji} ${found.name}`,
    }));
  }
  const wanted = query.typed.toLocaleLowerCase();
  return members
    .filter((member) => !member.hasLeft)
    .filter((member) =>
      member.name
        .toLocaleLowerCase()
        .split(/\s+/)
        .some((word) => word.startsWith(wanted)),
    )
    .slice(0, MAX_SUGGESTIONS)
    .map((member) => ({ id: member.id, insert: `@${member.name}`, label: member.name, member }));
}

/** Replaces what was typed and adds a space. @returns the new text and caret */
export function complete(
  text: string,
  caret: number,
  query: CompletionQuery,
  { insert }: Suggestion,
): { text: string; caret: number } {
  const completed = `${text.slice(0, query.start)}${insert} `;
  return { text: completed + text.slice(caret).trimStart(), caret: completed.length };
}
