/** What a page says about itself; undefined where it says nothing. */
export interface PageDescription {
  readonly title: string | undefined;
  readonly description: string | undefined;
  readonly site: string | undefined;
  /** Absolute URL of its picture. */
  readonly image: URL | undefined;
}

const MAX = { title: 200, description: 400, site: 100 };

/** Reads the head of an HTML page: Open Graph's properties first, then the page's own. */
export function describePage(html: string, url: URL): PageDescription {
  const head = without(without(html, '<!--', '-->'), '<script', '</script').split(/<body\b/i, 1)[0] ?? '';
  const meta = readMeta(head);
  // No `<` in the text, so that each pattern reads a hostile page once.
  const title = meta.get('og:title') ?? /<title\b[^<>]*>([^<]*)/i.exec(head)?.[1];
  const image = meta.get('og:image:secure_url') ?? meta.get('og:image') ?? meta.get('twitter:image');
  return {
    title: tidy(title, MAX.title),
    description: tidy(meta.get('og:description') ?? meta.get('description'), MAX.description),
    site: tidy(meta.get('og:site_name'), MAX.site),
    image: image === undefined ? undefined : resolve(decode(image).trim(), url),
  };
}

/** The text of a page, by the character set of its header, else of its own declaration. */
export function decodePage(bytes: Uint8Array, contentType: string): string {
  const beginning = new TextDecoder('latin1').decode(bytes.subarray(0, 1024));
  const declared = /<meta\b[^<>]*charset\s*=\s*["']?([\w-]+)/i.exec(beginning)?.[1];
  const charset = /charset\s*=\s*"?([\w-]+)/i.exec(contentType)?.[1] ?? declared ?? 'utf-8';
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

/** The contents of the `<meta>` elements by property or name; the first one of each counts. */
function readMeta(head: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [, text = ''] of head.matchAll(/<meta\b([^<>]{0,4000})>/gi)) {
    const attributes = new Map<string, string>();
    for (const [, name = '', a, b, c] of text.matchAll(/([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+))/g))
      attributes.set(name.toLowerCase(), a ?? b ?? c ?? '');
    const key = (attributes.get('property') ?? attributes.get('name') ?? '').toLowerCase();
    const content = attributes.get('content');
    if (content !== undefined && content.trim() !== '' && !found.has(key)) found.set(key, content);
  }
  return found;
}

/** The text without all that is between two marks; without its rest where the second one is missing. */
function without(text: string, from: string, to: string): string {
  const lower = text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const kept: string[] = [];
  let at = 0;
  for (;;) {
    const start = lower.indexOf(from, at);
    if (start === -1) return kept.join('') + text.slice(at);
    kept.push(text.slice(at, start));
    const end = lower.indexOf(to, start + from.length);
    if (end === -1) return kept.join('');
    at = end + to.length;
  }
}

/** One line, at most `max` characters long. */
function tidy(text: string | undefined, max: number): string | undefined {
  const line = decode(text ?? '')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    // They would turn the text around them.
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, '')
    .trim();
  if (line === '') return undefined;
  const characters = Array.from(line);
  return characters.length <= max ? line : `${characters.slice(0, max - 1).join('')}…`;
}

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  apos: "'",
  gt: '>',
  hellip: '…',
  laquo: '«',
  ldquo: '“',
  lsquo: '‘',
  lt: '<',
  mdash: '—',
  middot: '·',
  nbsp: ' ',
  ndash: '–',
  quot: '"',
  raquo: '»',
  rdquo: '”',
  rsquo: '’',
};

function decode(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,8}));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return NAMED[String(name).toLowerCase()] ?? whole;
    const code = decimal === undefined ? parseInt(String(hex), 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '';
  });
}

function resolve(address: string, base: URL): URL | undefined {
  return URL.canParse(address, base.href) ? new URL(address, base) : undefined;
}
