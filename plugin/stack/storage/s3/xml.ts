import { StorageError } from '../errors.ts';

/** An element's content: text, child elements in their order, or nothing (the element is then left out). */
export type XmlContent = string | number | boolean | readonly XmlElement[] | undefined;
export type XmlElement = readonly [name: string, content: XmlContent];

const DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

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

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * Parses a request's document: elements become properties, those named in `lists` always arrays, all text strings.
 *
 * @throws StorageError MalformedXML; documents with a DOCTYPE (entities of their own) are refused
 */
export async function parseXml(text: string, lists: readonly string[]): Promise<Record<string, unknown>> {
  if (/<!DOCTYPE/i.test(text)) throw malformed();
  const { XMLParser } = await import('fast-xml-parser');
  try {
    const parser = new XMLParser({
      parseTagValue: false,
      ignoreAttributes: true,
      isArray: (name) => lists.includes(name),
    });
    const parsed: unknown = parser.parse(text, true);
    if (typeof parsed === 'object' && parsed !== null) return parsed as Record<string, unknown>;
  } catch {
    // Whatever was wrong with it, the answer is the same.
  }
  throw malformed();
}

function malformed(): StorageError {
  return new StorageError(400, 'MalformedXML', 'The XML you provided was not well-formed');
}
