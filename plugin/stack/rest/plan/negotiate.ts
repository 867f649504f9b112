import type { ApiRequest } from '../parse/api-request.ts';
import { parseMediaType, type MediaType } from '../parse/media-type.ts';
import { unacceptableMediaTypes } from '../parse/request-errors.ts';
import { handlerKey, type QualifiedName, type SchemaCache } from '../schema-cache/types.ts';
import type { ResponseFormat, ReadNode } from './types.ts';

interface NegotiateOptions {
  /** The relation or function that the request names. */
  readonly target: QualifiedName;
  readonly read: ReadNode;
  readonly planEnabled: boolean;
}

/**
 * Chooses the media type of the response and the handler of its body: the first acceptable one that is available.
 *
 * @throws RestError PGRST107
 */
export function negotiate(
  cache: SchemaCache,
  request: ApiRequest,
  { target, read, planEnabled }: NegotiateOptions,
): ResponseFormat {
  const { accept, action, preferences } = request;
  const available = { target, wholeRows: hasDefaultSelect(read), planEnabled };
  for (const type of accept) {
    const format = findFormat(cache, type, available);
    if (!format) continue;
    const hasBody =
      action.kind === 'mutate'
        ? preferences.return === 'representation'
        : !(action.kind === 'read' && action.headersOnly) &&
          !(action.kind === 'call' && action.method === 'head');
    return hasBody ? format : { ...format, handler: { kind: 'none' } };
  }
  throw unacceptableMediaTypes(accept.map((type) => type.mime));
}

function hasDefaultSelect({ select, children }: ReadNode): boolean {
  return children.length === 0 && select.length === 1 && select[0]?.field.name === '*';
}

function findFormat(
  cache: SchemaCache,
  type: MediaType,
  available: { target: QualifiedName; wholeRows: boolean; planEnabled: boolean },
): ResponseFormat | undefined {
  switch (type.kind) {
    case 'singular':
      return { handler: { kind: 'jsonObject', stripNulls: type.stripNulls }, mediaType: type };
    case 'arrayStripped':
      return { handler: { kind: 'jsonArrayStripped' }, mediaType: type };
    case 'plan': {
      if (!available.planEnabled) return undefined;
      const planned = findFormat(cache, type.of, { ...available, planEnabled: false });
      return planned && { ...planned, mediaType: type };
    }
    default: {
      const { handlers } = cache;
      const { target, wholeRows } = available;
      const mime = type.mime.toLowerCase();
      // A relation's own handlers need whole rows.
      const own = wholeRows
        ? (handlers.get(handlerKey(target, '*/*')) ?? handlers.get(handlerKey(target, mime)))
        : undefined;
      const entry = own ?? handlers.get(handlerKey(undefined, mime));
      return entry && { handler: entry.handler, mediaType: parseMediaType(entry.mime) };
    }
  }
}
