// The algorithm of FuzzySet, which PostgREST uses (Haskell's fuzzyset): candidates share character n-grams, and edit
// distance ranks them.

const MAX_CANDIDATES = 50;

/** Names with their similarity to `wanted` (0 to 1), most similar first; a name that differs only in case has 1. */
export function rankBySimilarity(
  names: Iterable<string>,
  wanted: string,
  minScore = 0.33,
): { name: string; score: number }[] {
  const target = wanted.toLowerCase();
  const entries = [...new Set(names)].map((name) => ({ name, text: name.toLowerCase() }));
  const exact = entries.find(({ text }) => text === target);
  if (exact) return [{ name: exact.name, score: 1 }];
  for (const size of [3, 2]) {
    const grams = countGrams(target, size);
    const norm = length(grams);
    const candidates = entries
      .map(({ name, text }) => {
        const others = countGrams(text, size);
        let product = 0;
        for (const [gram, count] of grams) product += count * (others.get(gram) ?? 0);
        return { name, text, score: product === 0 ? 0 : product / (norm * length(others)) };
      })
      .filter(({ score }) => score > 0)
      .toSorted((a, b) => b.score - a.score)
      .slice(0, MAX_CANDIDATES)
      .map(({ name, text }) => ({ name, score: editSimilarity(text, target) }))
      .filter(({ score }) => score >= minScore)
      .toSorted((a, b) => b.score - a.score);
    if (candidates.length > 0) return candidates;
  }
  return [];
}

/** The most similar name, if any is similar enough. */
export function findMostSimilar(
  names: Iterable<string>,
  wanted: string,
  minScore?: number,
): string | undefined {
  return rankBySimilarity(names, wanted, minScore)[0]?.name;
}

function countGrams(text: string, size: number): Map<string, number> {
  const padded = `-${text.replaceAll(/[^\p{L}\p{N}, ]/gu, '')}-`.padEnd(size, '-');
  const counts = new Map<string, number>();
  for (let at = 0; at + size <= padded.length; at += 1) {
    const gram = padded.slice(at, at + size);
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

function length(grams: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const count of grams.values()) sum += count * count;
  return Math.sqrt(sum);
}

/** From 0 (nothing in common) to 1 (equal): the Levenshtein distance relative to the longer length. */
function editSimilarity(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_unused, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  const longest = Math.max(a.length, b.length);
  return longest === 0 ? 1 : 1 - (previous[b.length] ?? 0) / longest;
}
