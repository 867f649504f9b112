// Storage v1.70.6 src/http/plugins/xml.ts

/** An element's content: text, child elements in order, or nothing; the element is then omitted. */
export type XmlContent = string | number | boolean | readonly XmlElement[] | undefined;
export type XmlElement = readonly [name: string, content: XmlContent];

const DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' };

/** The characters that XML 1.0 allows, as the inside of a character class. */
export const XML_CHARACTERS = String.raw`\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}`;
const ESCAPED = new RegExp(`[&<>\\r]|[^${XML_CHARACTERS}]`, 'gu');

/** A document in the namespace of S3. */
export function formatXml(root: string, children: readonly XmlElement[] | string): string {
  const inner = typeof children === 'string' ? escapeText(children) : children.map(formatElement).join('');
  return `${DECLARATION}<${root} xmlns="${NAMESPACE}">${inner}</${root}>`;
}

function formatElement([name, content]: XmlElement): string {
  if (content === undefined) return '';
  const inner =
    typeof content === 'object' ? content.map(formatElement).join('') : escapeText(String(content));
  return inner === '' ? `<${name}/>` : `<${name}>${inner}</${name}>`;
}

/** Responses repeat request parameters, which may hold control characters that no document may contain. */
function escapeText(text: string): string {
  return text.replaceAll(ESCAPED, (character) => ESCAPES[character] ?? '\uFFFD');
}
