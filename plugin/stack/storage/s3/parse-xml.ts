// Storage v1.70.6 src/http/plugins/xml.ts
import { errorMessage } from '../../../shared/errors.ts';
import { isObject, type JsonObject } from '../../../shared/json.ts';
import { StorageError } from '../errors.ts';
import { XML_CHARACTERS } from './format-xml.ts';

const INVALID = new RegExp(`[^${XML_CHARACTERS}]`, 'u');
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', apos: "'", gt: '>', lt: '<', quot: '"' };

/**
 * Parses a request's document: elements become properties, and all text stays a string as it is, including white space.
 *
 * @param lists paths of elements that are always arrays, such as "Delete.Object"
 * @returns null for an empty document
 * @throws StorageError MalformedXML, also for a DOCTYPE, which could define entities
 */
export async function parseXml(text: string, lists: readonly string[]): Promise<JsonObject | null> {
  const document = text.startsWith('\uFEFF') ? text.slice(1) : text;
  if (document === '') return null;
  const { XMLParser } = await import('fast-xml-parser');
  try {
    if (INVALID.test(document)) throw new Error('Invalid XML character');
    const parser = new XMLParser({
      // Processing instructions, and with them the declaration, would be elements.
      ignorePiTags: true,
      // Attributes count, in a group of their own: an empty element with attributes is an object in Storage's checks.
      ignoreAttributes: false,
      attributesGroupName: '$',
      // Keys of objects may start or end with a space.
      trimValues: false,
      isArray: (_name, path) => lists.includes(String(path)),
      // White space between elements is layout, inside an element it is text. Undefined keeps the text as it is: the
      // library does not look for numbers in it.
      tagValueProcessor: (_name, value, _path, _attributes, isLeaf) =>
        !isLeaf && value.trim() === '' ? '' : undefined,
      entityDecoder: ENTITY_DECODER,
    });
    const parsed: unknown = parser.parse(document, true);
    if (hasOneRoot(parsed)) return parsed;
    throw new Error('XML payload must contain a single root element');
  } catch (error) {
    throw new StorageError(400, 'MalformedXML', `Invalid XML payload: ${errorMessage(error)}`);
  }
}

function hasOneRoot(value: unknown): value is JsonObject {
  if (!isObject(value)) return false;
  const roots = Object.values(value);
  return roots.length === 1 && !Array.isArray(roots[0]);
}

/**
 * Decodes XML's five entities and numeric references. A document cannot define entities, so none can expand without
 * bound. The library requires all five methods, and calls the empty ones with nothing that matters here.
 */
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
