const CODE = /```[^]*?(?:```|$)|`[^`\n]*`/g;
const LINK = /https?:\/\/[^\s<>"'`|\\^{}]+/i;

/** The first link of a message's text, as written there; none in code. */
export function firstLink(body: string): string | undefined {
  const found = LINK.exec(body.replaceAll(CODE, ' '))?.[0];
  // Of the sentence or the Markdown around it, unless the link has an opening bracket too.
  const link = found?.replace(/[.,;:!?*_~]+$/, '').replace(/^([^([]*)[)\]].*$/, '$1');
  return link !== undefined && link.length <= 2_000 && URL.canParse(link) ? link : undefined;
}
