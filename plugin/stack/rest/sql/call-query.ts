import { unknownField } from '../plan/resolve-field.ts';
import { returnsScalar, returnsSetOfScalar, type CallPlan } from '../plan/types.ts';
import type { QualifiedName } from '../schema-cache/types.ts';
import { bodySql } from './body.ts';
import { columnSql } from './fields.ts';
import { arrayLiteral, quoteQualifiedName, quoteIdentifier } from './quote.ts';
import type { Parameters } from './parameters.ts';

const CALL: QualifiedName = { schema: '', name: 'pgrst_call' };

/** Calls a function; its rows have the columns that the request needs, or `pgrst_scalar`. */
export function callSql(plan: CallPlan, params: Parameters): string {
  const isScalar = returnsScalar(plan.routine) || returnsSetOfScalar(plan.routine);
  const columns = isScalar ? 'pgrst_call.pgrst_scalar' : returnedColumns(plan);
  return `SELECT ${columns} ${fromCall(plan, isScalar, params)}`;
}

function returnedColumns({ returning, filterFields }: CallPlan): string {
  if (returning.length === 0) return '*';
  if (returning.length === 1 && returning[0] === '*') return columnSql(CALL, '*');
  const columns = [...new Set([...returning, ...filterFields])].toSorted();
  return columns.map((column) => columnSql(CALL, column)).join(', ');
}

function fromCall(plan: CallPlan, isScalar: boolean, params: Parameters): string {
  const { routine, parameters, arguments: args } = plan;
  const call = (list: string): string => {
    const called = `${quoteQualifiedName(routine)}(${list})`;
    return isScalar ? `(SELECT ${called} pgrst_scalar) pgrst_call` : `${called} pgrst_call`;
  };
  if (plan.isSingleUnnamed) return `FROM ${call(wholeBody(plan, params))}`;
  if (parameters.length === 0) return `FROM ${call('')}`;
  if (args.kind === 'values') return `FROM ${call(namedValues(plan, args.values, params))}`;
  const fields = parameters.map(({ name, castType }) => ({
    ...unknownField({ name, path: [] }),
    type: castType,
  }));
  const body = args.kind === 'json' ? args.text : args.bytes.toString('utf8');
  const list = parameters.map(
    ({ name, variadic }) =>
      `${variadic ? 'VARIADIC ' : ''}${quoteIdentifier(name)} := pgrst_body.${quoteIdentifier(name)}`,
  );
  return `${bodySql(body, fields, params, { firstOnly: true }).trimStart()}, LATERAL ${call(list.join(', '))}`;
}

function namedValues(
  { parameters }: CallPlan,
  values: ReadonlyMap<string, string | readonly string[]>,
  params: Parameters,
): string {
  return parameters
    .map(({ name, castType, variadic }) => {
      const value = values.get(name) ?? null;
      const text = typeof value === 'string' || value === null ? value : arrayLiteral(value);
      return `${variadic ? 'VARIADIC ' : ''}${quoteIdentifier(name)} := ${params.add(text)}::${castType}`;
    })
    .join(', ');
}

/** The value of a single unnamed parameter. */
function wholeBody({ parameters, arguments: args }: CallPlan, params: Parameters): string {
  const type = parameters[0]?.type ?? 'text';
  switch (args.kind) {
    case 'raw':
      // As bytes: they may not be valid UTF-8.
      if (type === 'bytea') return `${params.add(args.bytes)}::bytea`;
      return `${params.add(args.bytes.toString('utf8'))}::${type}`;
    case 'json':
      return `${params.add(args.text)}::${type}`;
    case 'values':
      return `${params.add(JSON.stringify(Object.fromEntries(args.values)))}::${type}`;
  }
}
