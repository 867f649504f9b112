import type { ApiRequest } from '../parse/api-request.ts';
import type { MediaType } from '../parse/media-type.ts';
import { qualifiedKey, type Routine, type SchemaCache } from '../schema-cache/types.ts';
import { ambiguousRoutine, routineNotFound, type RoutineLookup } from './lookup-errors.ts';
import { columnsNeeded } from './read-plan.ts';
import type { CallArguments, CallPlan, PlannedLogic, ReadNode } from './types.ts';

/** The names of the request's arguments. */
export function argumentNames(request: ApiRequest): string[] {
  const { payload, query } = request;
  if (!payload) return [...new Set(query.args.map(([name]) => name))].toSorted();
  return payload.kind === 'raw' ? [] : [...payload.keys];
}

/**
 * Chooses among overloaded functions by the names of the arguments; if none matches, one whose single unnamed parameter
 * receives the whole body.
 *
 * @throws RestError PGRST202 when none matches, PGRST203 when several do
 */
export function findRoutine(cache: SchemaCache, lookup: RoutineLookup): Routine {
  const { schema, name, contentType, isPost } = lookup;
  const overloads = cache.routines.get(qualifiedKey(schema, name)) ?? [];
  const byNames = overloads.filter((routine) => takesArguments(routine, lookup));
  const found =
    byNames.length > 0
      ? byNames
      : overloads.filter((routine) => isPost && takesWholeBody(routine, contentType));
  const [first] = found;
  if (!first) throw routineNotFound(cache, lookup);
  if (found.length > 1) throw ambiguousRoutine(found);
  return first;
}

function takesArguments(
  { parameters }: Routine,
  { argumentNames: names, contentType, isPost }: RoutineLookup,
): boolean {
  if (parameters.length === 0) {
    const isWholeBody = isPost && ['text', 'xml', 'binary'].includes(contentType.kind);
    return names.length === 0 && !isWholeBody;
  }
  const known = new Set(parameters.map((parameter) => parameter.name));
  const given = new Set(names);
  return (
    names.every((name) => known.has(name)) &&
    parameters.every((parameter) => !parameter.required || given.has(parameter.name))
  );
}

const BODY_TYPES: Partial<Record<MediaType['kind'], readonly string[]>> = {
  json: ['json', 'jsonb'],
  text: ['text'],
  xml: ['xml'],
  binary: ['bytea'],
};

function takesWholeBody({ parameters }: Routine, contentType: MediaType): boolean {
  const [parameter] = parameters;
  if (!parameter || parameters.length !== 1 || parameter.name !== '') return false;
  return BODY_TYPES[contentType.kind]?.includes(parameter.type) ?? false;
}

export function planCall(
  request: ApiRequest,
  routine: Routine,
  names: readonly string[],
  read: ReadNode,
): CallPlan {
  const [first] = routine.parameters;
  const isSingleUnnamed = routine.parameters.length === 1 && first?.name === '';
  return {
    routine,
    parameters: isSingleUnnamed
      ? routine.parameters
      : routine.parameters.filter((parameter) => names.includes(parameter.name)),
    isSingleUnnamed,
    arguments: callArguments(request, routine),
    returning: columnsNeeded(read, []),
    filterFields: filterNames(read),
  };
}

function callArguments({ payload, query }: ApiRequest, routine: Routine): CallArguments {
  switch (payload?.kind) {
    case 'json':
      return { kind: 'json', text: payload.text };
    case 'raw':
      return { kind: 'raw', bytes: payload.bytes };
    case 'form':
      return { kind: 'values', values: collectValues(payload.fields, routine) };
    case undefined:
      return { kind: 'values', values: collectValues(query.args, routine) };
  }
}

/** Repeated arguments become the elements of a variadic parameter; for any other the last one counts. */
function collectValues(
  given: readonly (readonly [string, string])[],
  routine: Routine,
): Map<string, string | string[]> {
  const variadic = new Set(routine.parameters.filter((p) => p.variadic).map((p) => p.name));
  const values = new Map<string, string | string[]>();
  for (const [name, value] of given) {
    const known = values.get(name);
    if (!variadic.has(name)) values.set(name, value);
    else if (Array.isArray(known)) known.push(value);
    else values.set(name, [value]);
  }
  return values;
}

function filterNames(node: ReadNode): string[] {
  const ofLogic = (tree: PlannedLogic): string[] => {
    if (tree.kind === 'logic') return tree.operands.flatMap(ofLogic);
    return tree.kind === 'embed' ? [tree.joinAlias] : [tree.field.name];
  };
  return [...node.where.flatMap(ofLogic), ...node.children.flatMap(filterNames)];
}
