import type { ApiRequest } from '../parse/api-request.ts';
import { parseMediaType, type MediaType } from '../parse/media-type.ts';
import { unacceptableMediaTypes } from '../parse/request-errors.ts';
import { handlerKey, type QualifiedName, type SchemaCache } from '../schema-cache/types.ts';
import type { Answer, ReadNode } from './types.ts';

/**
 * Chooses the media type of the answer and what makes its body: the first acceptable one that there is.
 *
 * @throws RestError PGRST107
 */
export function negotiate(
  cache: SchemaCache,
  request: ApiRequest,
  target: QualifiedName,
  read: ReadNode,
  planEnabled: boolean,
): Answer {
  const { accept, action, preferences } = request;
  for (const type of accept) {
    const answer = findAnswer(cache, target, type, hasDefaultSelect(read), planEnabled);
    if (!answer) continue;
    const hasBody =
      action.kind === 'mutate'
        ? preferences.return === 'representation'
        : !(action.kind === 'read' && action.headersOnly) &&
          !(action.kind === 'call' && action.method === 'head');
    return hasBody ? answer : { ...answer, handler: { kind: 'none' } };
  }
  throw unacceptableMediaTypes(accept.map((type) => type.mime));
}

function hasDefaultSelect({ select, children }: ReadNode): boolean {
  return children.length === 0 && select.length === 1 && select[0]?.field.name === '*';
}

function findAnswer(
  cache: SchemaCache,
  target: QualifiedName,
  type: MediaType,
  defaultSelect: boolean,
  planEnabled: boolean,
): Answer | undefined {
  switch (type.kind) {
    case 'singular':
      return { handler: { kind: 'jsonObject', stripNulls: type.stripNulls }, mediaType: type };
    case 'arrayStripped':
      return { handler: { kind: 'jsonArrayStripped' }, mediaType: type };
    case 'plan': {
      const planned = planEnabled ? findAnswer(cache, target, type.of, defaultSelect, false) : undefined;
      return planned && { ...planned, mediaType: type };
    }
    default: {
      const mime = type.mime.toLowerCase();
      // Handlers of the relation itself are only for whole rows.
      const entry =
        (defaultSelect
          ? (cache.handlers.get(handlerKey(target, '*/*')) ?? cache.handlers.get(handlerKey(target, mime)))
          : undefined) ?? cache.handlers.get(handlerKey(undefined, mime));
      return entry && { handler: entry.handler, mediaType: parseMediaType(entry.mime) };
    }
  }
}
