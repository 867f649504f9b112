import type { ApiRequest } from '../parse/api-request.ts';
import { parseMediaType, type MediaType } from '../parse/media-type.ts';
import { unacceptableMediaTypes } from '../parse/request-errors.ts';
import { handlerKey, type QualifiedName, type SchemaCache } from '../schema-cache/types.ts';
import type { ResponseFormat, ReadNode } from './types.ts';

/**
 * Chooses the media type of the response and the handler of its body: the first acceptable one that is available.
 *
 * @throws RestError PGRST107
 */
export function negotiate(
  cache: SchemaCache,
  request: ApiRequest,
  target: QualifiedName,
  read: ReadNode,
  planEnabled: boolean,
): ResponseFormat {
  const { accept, action, preferences } = request;
  for (const type of accept) {
    const format = findFormat(cache, target, type, hasDefaultSelect(read), planEnabled);
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
  target: QualifiedName,
  type: MediaType,
  defaultSelect: boolean,
  planEnabled: boolean,
): ResponseFormat | undefined {
  switch (type.kind) {
    case 'singular':
      return { handler: { kind: 'jsonObject', stripNulls: type.stripNulls }, mediaType: type };
    case 'arrayStripped':
      return { handler: { kind: 'jsonArrayStripped' }, mediaType: type };
    case 'plan': {
      const planned = planEnabled ? findFormat(cache, target, type.of, defaultSelect, false) : undefined;
      return planned && { ...planned, mediaType: type };
    }
    default: {
      const mime = type.mime.toLowerCase();
      // A relation's own handlers need whole rows.
      const entry =
        (defaultSelect
          ? (cache.handlers.get(handlerKey(target, '*/*')) ?? cache.handlers.get(handlerKey(target, mime)))
          : undefined) ?? cache.handlers.get(handlerKey(undefined, mime));
      return entry && { handler: entry.handler, mediaType: parseMediaType(entry.mime) };
    }
  }
}
