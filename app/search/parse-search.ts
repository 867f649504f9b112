/** A search as the server takes it. */
export interface Search {
  /** Words that a message has to contain. */
  readonly words: string;
  readonly authorId?: string;
  readonly channelId?: string;
  readonly hasImages?: true;
  readonly hasFiles?: true;
  /** Only messages before this day, as an ISO timestamp. */
  readonly before?: string;
}

interface Named {
  readonly id: string;
  readonly name: string;
}

/**
 * Reads "cake from:anna in:#recipes has:image before:2026-11-20". A filter that means nothing, such as an unknown name,
 * is searched for as a word.
 */
export function parseSearch(text: string, people: readonly Named[], channels: readonly Named[]): Search {
  const words: string[] = [];
  const filters: Omit<Search, 'words'>[] = [];
  for (const term of text.trim().split(/\s+/)) {
    const filter = parseFilter(term, people, channels);
    if (filter) filters.push(filter);
    else words.push(term);
  }
  return Object.assign({ words: words.join(' ') }, ...filters) as Search;
}

/** Whether a search has something to look for: two letters, or a filter. */
export function isSearchable({ words, ...filters }: Search): boolean {
  return words.length >= 2 || (words === '' && Object.keys(filters).length > 0);
}

function parseFilter(
  term: string,
  people: readonly Named[],
  channels: readonly Named[],
): Omit<Search, 'words'> | undefined {
  const [, key, value = ''] = /^(from|in|has|before):(.+)$/i.exec(term) ?? [];
  switch (key?.toLowerCase()) {
    case 'from': {
      const person = findByName(people, value.replace(/^@/, ''));
      return person && { authorId: person.id };
    }
    case 'in': {
      const channel = findByName(channels, value.replace(/^#/, ''));
      return channel && { channelId: channel.id };
    }
    case 'has':
      if (/^(image|picture|photo)s?$/i.test(value)) return { hasImages: true };
      return /^(file|document|attachment)s?$/i.test(value) ? { hasFiles: true } : undefined;
    case 'before': {
      const day = /^\d{4}-\d{2}-\d{2}$/.test(value) ? new Date(`${value}T00:00`) : undefined;
      return day && !Number.isNaN(day.getTime()) ? { before: day.toISOString() } : undefined;
    }
    default:
      return undefined;
  }
}

/** A name may be written without its spaces, and its beginning is enough. */
function findByName(all: readonly Named[], typed: string): Named | undefined {
  const normalize = (name: string): string => name.toLocaleLowerCase().replaceAll(/\s+/g, '');
  const wanted = normalize(typed);
  return (
    all.find((one) => normalize(one.name) === wanted) ??
    all.find((one) => normalize(one.name).startsWith(wanted))
  );
}
