import type { Rows, Statement } from '../database/transaction.ts';
import type { ApiRequest } from '../parse/api-request.ts';
import { OPENAPI_TYPE } from '../parse/media-type.ts';
import { ACCESSIBLE_QUERY } from '../schema-cache/introspection-queries.ts';
import { buildOpenApi } from './openapi.ts';
import type { HttpResponse } from '../http/response.ts';
import { respondDescription } from './respond.ts';
import type { Routine, SchemaCache } from '../schema-cache/types.ts';
import type { RestSettings } from '../settings/settings.ts';
import { quoteIdentifier } from '../sql/quote.ts';

/** The function with types of its own schema unqualified, as the search path of a request finds them. */
function withLocalTypes(routine: Routine): Routine {
  const prefixes = [`${routine.schema}.`, `${quoteIdentifier(routine.schema)}.`];
  const parameters = routine.parameters.map((parameter) => {
    const prefix = prefixes.find((text) => parameter.type.startsWith(text));
    return prefix === undefined ? parameter : { ...parameter, type: parameter.type.slice(prefix.length) };
  });
  return { ...routine, parameters };
}

/**
 * The OpenAPI description of a schema: of the objects that the request's role may use, or of all.
 *
 * @param run runs a query as the request's role
 */
export async function describeApi(
  request: ApiRequest,
  { settings, cache }: { readonly settings: RestSettings; readonly cache: SchemaCache },
  run: (statement: Statement) => Promise<Rows[]>,
): Promise<HttpResponse> {
  const { schema } = request;
  const [result] = await run({ text: ACCESSIBLE_QUERY, params: [schema] });
  const accessible = JSON.parse(result?.rows[0]?.[0] ?? '{}') as {
    description: string | null;
    tables: string[];
    routines: string[];
  };
  const all = settings.openApiMode === 'ignore-privileges';
  const mayRead = new Set(accessible.tables);
  const mayCall = new Set(accessible.routines);
  const tables = [...cache.tables.values()].filter(
    (table) => table.schema === schema && (all || mayRead.has(table.name)),
  );
  const routines = [...cache.routines.values()]
    .flat()
    .filter((routine) => routine.schema === schema && (all || mayCall.has(routine.name)))
    .map((routine) => withLocalTypes(routine));
  const description = buildOpenApi({
    tables,
    routines,
    relationships: cache.relationships,
    description: accessible.description,
    securityActive: settings.openApiSecurityActive,
    proxyUri: settings.openApiProxyUri,
  });
  return respondDescription(request, OPENAPI_TYPE, JSON.stringify(description));
}
