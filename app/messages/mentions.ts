type TextPart = { readonly kind: 'text' | 'mention'; readonly text: string };

/** Splits a text at each "@Name" of the given names, the longest first, so that "Anna Maria" wins over "Anna". */
export function splitMentions(text: string, names: readonly string[]): readonly TextPart[] {
  if (text === '') return [];
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
  const before: readonly TextPart[] = index === 0 ? [] : [{ kind: 'text', text: text.slice(0, index) }];
  return [
    ...before,
    { kind: 'mention', text: token },
    ...splitMentions(text.slice(index + token.length), names),
  ];
}
