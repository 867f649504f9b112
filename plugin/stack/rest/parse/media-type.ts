import { LRUCache } from 'lru-cache';

// PostgREST v16 src/library/PostgREST/MediaType.hs

/** `kind` names a type that PostgREST treats specially; all others are `other`. */
export type MediaType =
  | { readonly kind: KnownKind; readonly mime: string }
  | { readonly kind: 'other'; readonly mime: string }
  | { readonly kind: 'singular'; readonly mime: string; readonly stripNulls: boolean }
  | { readonly kind: 'arrayStripped'; readonly mime: string }
  | {
      readonly kind: 'plan';
      readonly mime: string;
      readonly of: MediaType;
      readonly format: 'json' | 'text';
      readonly options: readonly PlanOption[];
    };

type KnownKind = 'json' | 'geojson' | 'csv' | 'text' | 'xml' | 'openapi' | 'form' | 'binary' | 'any';

const PLAN_OPTIONS = ['analyze', 'verbose', 'settings', 'buffers', 'wal'] as const;
type PlanOption = (typeof PLAN_OPTIONS)[number];

const KNOWN: ReadonlyMap<string, KnownKind> = new Map([
  ['application/json', 'json'],
  ['application/geo+json', 'geojson'],
  ['text/csv', 'csv'],
  ['text/plain', 'text'],
  ['text/xml', 'xml'],
  ['application/openapi+json', 'openapi'],
  ['application/x-www-form-urlencoded', 'form'],
  ['application/octet-stream', 'binary'],
  ['*/*', 'any'],
]);

const JSON_TYPE: MediaType = { kind: 'json', mime: 'application/json' };
const ANY_TYPE: MediaType = { kind: 'any', mime: '*/*' };
export const OPENAPI_TYPE: MediaType = { kind: 'openapi', mime: 'application/openapi+json' };

// Clients send the same few types with every request.
const cache = new LRUCache<string, MediaType>({ max: 500 });

/** Parses one media type with its parameters; malformed text becomes an `other` type. */
export function parseMediaType(text: string): MediaType {
  const known = cache.get(text);
  if (known) return known;
  const type = readMediaType(text);
  cache.set(text, type);
  return type;
}

function readMediaType(text: string): MediaType {
  const { essence, parameters } = tokenize(text);
  const known = KNOWN.get(essence);
  if (known) return { kind: known, mime: essence };
  const strip = parameters.get('nulls') === 'stripped';
  switch (essence) {
    case 'application/vnd.pgrst.object':
    case 'application/vnd.pgrst.object+json':
      return {
        kind: 'singular',
        stripNulls: strip,
        mime: `application/vnd.pgrst.object+json${strip ? ';nulls=stripped' : ''}`,
      };
    case 'application/vnd.pgrst.array':
    case 'application/vnd.pgrst.array+json':
      return strip
        ? { kind: 'arrayStripped', mime: 'application/vnd.pgrst.array+json;nulls=stripped' }
        : JSON_TYPE;
    case 'application/vnd.pgrst.plan':
    case 'application/vnd.pgrst.plan+text':
      return planType('text', parameters);
    case 'application/vnd.pgrst.plan+json':
      return planType('json', parameters);
    default:
      return { kind: 'other', mime: text };
  }
}

function planType(format: 'json' | 'text', parameters: ReadonlyMap<string, string>): MediaType {
  const of = parseMediaType(parameters.get('for') ?? 'application/json');
  const asked = (parameters.get('options') ?? '').split('|');
  const options = PLAN_OPTIONS.filter((option) => asked.includes(option));
  const suffix = options.length === 0 ? '' : `; options=${options.join('|')}`;
  const mime = `application/vnd.pgrst.plan+${format}; for="${of.mime}"${suffix}`;
  return { kind: 'plan', mime, of, format, options };
}

function tokenize(text: string): { essence: string; parameters: ReadonlyMap<string, string> } {
  const head = /^([\p{L}\p{N}.*]+)\/([\p{L}\p{N}.*+-]+)/u.exec(text);
  if (!head) return { essence: text, parameters: new Map() };
  const parameters = new Map<string, string>();
  const parameter = /\s*;\s*([\p{L}\p{N}-]+)\s*=\s*(?:"([^"]*)"|([\p{L}\p{N}|-]+))/uy;
  parameter.lastIndex = head[0].length;
  for (let match = parameter.exec(text); match; match = parameter.exec(text)) {
    parameters.set((match[1] ?? '').toLowerCase(), match[2] ?? match[3] ?? '');
  }
  return { essence: head[0].toLowerCase(), parameters };
}

/** The `Content-Type` of a body of this type. */
export function contentType(type: MediaType): string {
  return type.kind === 'binary' || type.kind === 'other' ? type.mime : `${type.mime}; charset=utf-8`;
}

/** The media types of an `Accept` header, by preference: quality, then specificity, then order. */
export function parseAccept(header: string | undefined): MediaType[] {
  if (header === undefined || header === '*/*') return [ANY_TYPE];
  return splitOutsideQuotes(header)
    .map((part, index) => {
      const { text, quality } = splitQuality(part.trim());
      return { type: parseMediaType(text), quality, specificity: specificity(text), index };
    })
    .toSorted((a, b) => b.quality - a.quality || b.specificity - a.specificity || a.index - b.index)
    .map(({ type }) => type);
}

function splitOutsideQuotes(header: string): string[] {
  return header.match(/(?:[^,"]|"[^"]*"?)+/g) ?? [];
}

function splitQuality(part: string): { text: string; quality: number } {
  const match = /;\s*q\s*=\s*([\d.]+)/i.exec(part);
  if (!match) return { text: part, quality: 1 };
  return { text: part.slice(0, match.index).trim(), quality: Number(match[1]) };
}

// `text/html;level=1` before `text/html` before `text/*` before `*/*`.
function specificity(text: string): number {
  if (text.startsWith('*/*')) return 0;
  if (/^[^;]*\/\*/.test(text)) return 1;
  return 2 + (text.match(/;/g)?.length ?? 0);
}

/** The media type of a request body; JSON without a header. */
export function contentTypeOf(header: string | undefined): MediaType {
  return header === undefined || header === 'application/json' ? JSON_TYPE : parseMediaType(header);
}
