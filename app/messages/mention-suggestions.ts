import type { Member } from '../model/member.ts';

/** "@an" before the caret: where it begins and what has been typed after the @. */
export interface MentionQuery {
  readonly start: number;
  readonly typed: string;
}

/** The mention being typed at the caret, if there is one: an @ at the start of a word, up to 40 characters ago. */
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

/** The text with the mention completed and a blank after it, and where the caret goes. */
export function completeMention(
  text: string,
  caret: number,
  query: MentionQuery,
  name: string,
): { text: string; caret: number } {
  const completed = `${text.slice(0, query.start)}@${name} `;
  return { text: completed + text.slice(caret).trimStart(), caret: completed.length };
}
