import { fetchPublic } from './fetch-public.ts';
import { decodePage, describePage } from './page.ts';

/** What is shown of a page; nothing for a page that says nothing about itself. */
export interface Preview {
  readonly title: string | null;
  readonly description: string | null;
  readonly site: string | null;
  readonly image: Picture | undefined;
}

export interface Picture {
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** Milliseconds for a page and its picture, with all redirects. */
const TIME_LIMIT = 8_000;
const PAGE = {
  accept: 'text/html, application/xhtml+xml',
  types: /^(text\/html|application\/xhtml\+xml)\b/i,
  maxBytes: 512 * 1024,
  mayCut: true,
};
const PICTURE = { accept: 'image/*', types: /^image\//i, maxBytes: 1024 * 1024, mayCut: false };

const NOTHING: Preview = { title: null, description: null, site: null, image: undefined };

/** Makes the preview of a page; never throws: a page that cannot be fetched has none. */
export async function makePreview(url: string): Promise<Preview> {
  const signal = AbortSignal.timeout(TIME_LIMIT);
  try {
    const page = await fetchPublic(new URL(url), PAGE, signal);
    const { title, description, site, image } = describePage(decodePage(page.bytes, page.type), page.url);
    if (title === undefined) return NOTHING;
    const picture = image && (await fetchPicture(image, signal).catch(() => undefined));
    return { title, description: description ?? null, site: site ?? null, image: picture };
  } catch (error) {
    // Not the link: messages are private.
    console.info(`no preview: ${error instanceof Error ? error.message : String(error)}`);
    return NOTHING;
  }
}

async function fetchPicture(url: URL, signal: AbortSignal): Promise<Picture | undefined> {
  const { bytes } = await fetchPublic(url, PICTURE, signal);
  const type = pictureType(bytes);
  return type === undefined ? undefined : { type, bytes };
}

/** By its first bytes, whatever the server says; SVG is not among them, because it can contain scripts. */
function pictureType(bytes: Uint8Array): string | undefined {
  const start = Array.from(bytes.subarray(0, 12), (byte) => String.fromCharCode(byte)).join('');
  if (start.startsWith('\u0089PNG\r\n')) return 'image/png';
  if (start.startsWith('\u00ff\u00d8\u00ff')) return 'image/jpeg';
  if (/^GIF8[79]a/.test(start)) return 'image/gif';
  return /^RIFF[^]{4}WEBP/.test(start) ? 'image/webp' : undefined;
}
