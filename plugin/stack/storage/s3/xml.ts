import type { IncomingMessage } from 'node:http';
import { StorageError, storageErrors } from '../errors.ts';
import { readAll, readJsonBody } from '../http/body.ts';
import { checkSchema, type Schema } from '../http/schema.ts';

/** An element's content: text, child elements in their order, or nothing (the element is then left out). */
export type XmlContent = string | number | boolean | readonly XmlElement[] | undefined;
export type XmlElement = readonly [name: string, content: XmlContent];

// Fastify's limit, which the Storage API keeps.
const XML_LIMIT = 1024 * 1024;

const DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
const CHARACTERS = String.raw`\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}`;
const ESCAPED = new RegExp(`[&<>\\r]|[^${CHARACTERS}]`, 'gu');
const INVALID = new RegExp(`[^${CHARACTERS}]`, 'u');
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' };
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', apos: "'", gt: '>', lt: '<', quot: '"' };

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

/** What a client asked for may come back in an answer, and no document holds a control character. */
function escapeText(text: string): string {
  return text.replaceAll(ESCAPED, (character) => ESCAPES[character] ?? '\uFFFD');
}

/**
 * Parses a request's document: elements become properties, all text strings as they stand, blanks included.
 *
 * @param lists paths of elements that are always arrays, such as "Delete.Object"
 * @returns null for no document
 * @throws StorageError MalformedXML; a DOCTYPE (entities of its own) is refused
 */
export async function parseXml(
  text: string,
  lists: readonly string[],
): Promise<Record<string, unknown> | null> {
  const document = text.startsWith('\uFEFF') ? text.slice(1) : text;
  if (document === '') return null;
  const { XMLParser } = await import('fast-xml-parser');
  try {
    if (INVALID.test(document)) throw new Error('Invalid XML character');
    const parser = new XMLParser({
      ignoreDeclaration: true,
      ignorePiTags: true,
      // An empty element with attributes is an object, as in the original's checks.
      ignoreAttributes: false,
      attributesGroupName: '$',
      parseTagValue: false,
      trimValues: false,
      jPath: false,
      isArray: (_name, path) => lists.includes(String(path)),
      // White space between elements is layout, inside of one it is text.
      tagValueProcessor: (_name, value, _path, _attributes, isLeaf) =>
        !isLeaf && value.trim() === '' ? '' : undefined,
      entityDecoder: ENTITY_DECODER,
    });
    const parsed: unknown = parser.parse(document, true);
    if (isDocument(parsed)) return parsed;
    throw new Error('XML payload must contain a single root element');
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new StorageError(400, 'MalformedXML', `Invalid XML payload: ${message}`);
  }
}

/**
 * The document of a request, checked and coerced; the same as JSON is taken as well.
 *
 * @param lists as of `parseXml`
 * @throws StorageError MalformedXML, InvalidRequest with the original's text
 */
export async function readXml(
  req: IncomingMessage,
  schema: Schema,
  lists: readonly string[],
): Promise<unknown> {
  if (req.headers['content-type']?.startsWith('application/json'))
    return checkXmlBody(schema, (await readJsonBody(req, false)) as Record<string, unknown> | null);
  const bytes = await readAll(req, XML_LIMIT).catch((error: unknown) => {
    throw error instanceof StorageError ? new StorageError(413, 'InvalidRequest', error.message) : error;
  });
  return checkXmlBody(schema, await parseXml(bytes.toString('utf8'), lists));
}

/** As `checkSchema`, for a document. @throws StorageError InvalidRequest with the original's text */
export function checkXmlBody(schema: Schema, document: Record<string, unknown> | null): unknown {
  try {
    return checkSchema(schema, document, 'Body');
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    throw storageErrors.invalidRequest(error.message.replace(/^\S+/, (path) => path.replaceAll('/', ', ')));
  }
}

function isDocument(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const roots: unknown[] = Object.values(value);
  return roots.length === 1 && !Array.isArray(roots[0]);
}

/** The five entities of XML and numbers; a document cannot define others, so none can grow without end. */
const ENTITY_DECODER = {
  setExternalEntities() {},
  addInputEntities(): never {
    throw new Error('DOCTYPE is not supported');
  },
  reset() {},
  setXmlVersion() {},
  decode: (text: string): string =>
    text.replaceAll(/&([^;&]*);|&/g, (_reference, name: string | undefined) => decodeEntity(name)),
};

function decodeEntity(name: string | undefined): string {
  if (name === undefined) throw new Error('Unescaped ampersand');
  const known = Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined;
  if (known !== undefined) return known;
  if (!name.startsWith('#')) throw new Error('Undeclared XML entity');
  const [, hex, decimal] = /^#(?:x([\da-f]+)|(\d+))$/i.exec(name) ?? [];
  const code = hex === undefined ? Number.parseInt(decimal ?? '', 10) : Number.parseInt(hex, 16);
  const character = code <= 0x10ffff ? String.fromCodePoint(code) : '\0';
  if (INVALID.test(character)) throw new Error('Invalid numeric character reference');
  return character;
}
