import type { Member } from '../model/member.ts';

/** A mention that is being typed, such as "@an": its start and the text after the @. */
export interface MentionQuery {
  readonly start: number;
  readonly typed: string;
}

/** The mention before the caret, if any: an @ at the start of a word and at most 40 characters. */
export function findMentionQuery(text: string, caret: number): MentionQuery | undefined {
  const before = text.slice(0, caret);
  const match = /(?:^|[\s(])@([^\s@]{0,40})$/u.exec(before);
  return match ? { start: caret - (match[1] ?? '').length - 1, typed: match[1] ?? '' } : undefined;
}

/** At most six members whose name has a word that begins with what was typed. */
export function suggestMembers(members: readonly Member[], typed: string): Member[] {
  const wanted = typed.toLocaleLowerCase();
  return members
    .filter((member) => !member.hasLeft)
    .filter((member) =>
      member.name
        .toLocaleLowerCase()
        .split(/\s+/)
        .some((word) => word.startsWith(wanted)),
    )
    .slice(0, 6);
}

/** Completes a mention and adds a space. @returns the new text and caret */
export function completeMention(
  text: string,
  caret: number,
  query: MentionQuery,
  name: string,
): { text: string; caret: number } {
  const completed = `${text.slice(0, query.start)}@${name} `;
  return { text: completed + text.slice(caret).trimStart(), caret: completed.length };
}
