export type TextPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly href: string }
  | { readonly kind: 'mention'; readonly text: string };

const URL_PATTERN = /\bhttps?:\/\/[^\s<>"]+/giu;
/** Punctuation that ends a sentence rather than a URL. */
const TRAILING = /[.,;:!?'*_~]+$/;

/**
 * Splits a message into plain text, links and mentions. The result is rendered as React text nodes, so no text can
 * become HTML; only http and https URLs become links.
 *
 * @param mentionedNames names of the people the message mentions
 */
export function splitText(body: string, mentionedNames: readonly string[] = []): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of body.matchAll(URL_PATTERN)) {
    const address = trimAddress(match[0]);
    const href = toHref(address);
    if (href === undefined) continue;
    parts.push(...splitMentions(body.slice(end, match.index), mentionedNames));
    parts.push({ kind: 'link', text: address, href });
    end = match.index + address.length;
  }
  return [...parts, ...splitMentions(body.slice(end), mentionedNames)];
}

function splitMentions(text: string, names: readonly string[]): TextPart[] {
  if (text === '') return [];
  // Longest first, so that "Anna Maria" wins over "Anna".
  const found = names
    .toSorted((a, b) => b.length - a.length)
    .map((name) => ({ token: `@${name}`, index: text.indexOf(`@${name}`) }))
    .filter(({ index }) => index >= 0);
  const first = found.reduce<(typeof found)[number] | undefined>(
    (best, next) => (best === undefined || next.index < best.index ? next : best),
    undefined,
  );
  if (first === undefined) return [{ kind: 'text', text }];
  const { token, index } = first;
  const before: TextPart[] = index === 0 ? [] : [{ kind: 'text', text: text.slice(0, index) }];
  return [
    ...before,
    { kind: 'mention', text: token },
    ...splitMentions(text.slice(index + token.length), names),
  ];
}

/** Ids of the people whose "@Name" occurs in a text. */
export function findMentions(
  body: string,
  people: readonly { readonly id: string; readonly name: string }[],
): string[] {
  const names = people.map((person) => person.name);
  const mentioned = new Set(
    splitText(body, names).flatMap((part) => (part.kind === 'mention' ? [part.text.slice(1)] : [])),
  );
  return people.filter((person) => mentioned.has(person.name)).map((person) => person.id);
}

/** Removes trailing punctuation, and a closing bracket that was not opened within the URL. */
function trimAddress(address: string): string {
  const trimmed = address.replace(TRAILING, '');
  const isUnbalanced = trimmed.endsWith(')') && !trimmed.includes('(');
  return isUnbalanced ? trimAddress(trimmed.slice(0, -1)) : trimmed;
}

function toHref(address: string): string | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url && (url.protocol === 'https:' || url.protocol === 'http:') ? url.href : undefined;
}
