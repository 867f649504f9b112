import type { RestObservation, RestTarget } from '../shared/observations.ts';
import { explainMissing } from './causes/missing.ts';
import {
  explainDenied,
  explainDeniedTable,
  explainRefusedRow,
  neededPrivileges,
  readDenied,
} from './causes/permission.ts';
import { explainSeveralRows, explainSlow, explainSyntax, explainUnexposed } from './causes/request.ts';
import { explainEmpty } from './causes/rows.ts';
import { explainToken } from './causes/tokens.ts';
import type { Explanation } from './explanation.ts';
import { settingsOfRequest } from './facts/caller.ts';
import type { ReadSession } from './facts/explain-database.ts';
import { readMissing } from './facts/missing.ts';
import { newRow } from './facts/new-row.ts';
import { findSchemas, readRelation } from './facts/relations.ts';
import { COUNTED_ROWS, judgeRow, readRows, type PolicyOutcome } from './facts/rows.ts';

/** Why REST answered like this; undefined when there is nothing to explain. */
export async function explainRest(
  session: ReadSession,
  observation: RestObservation,
  exposedSchemas: readonly string[],
): Promise<Explanation | undefined> {
  const { error, target, rows } = observation;
  const alone = explainCertain(observation, exposedSchemas);
  if (alone) return alone;
  if (!error || error.code === 'PGRST116') {
    const isEmpty = error !== undefined || rows === 0;
    return isEmpty && target ? explainNoRows(session, observation, target) : undefined;
  }
  if (error.code === '42501') return explainRefusal(session, observation);
  const missing = await readMissing(session, observation, exposedSchemas);
  return missing ? explainMissing(missing) : explainSyntax(observation);
}

/** The same without a database: what the request and the error show by themselves. */
export function explainRestAlone(
  observation: RestObservation,
  exposedSchemas: readonly string[],
): Explanation | undefined {
  const { error, caller } = observation;
  const certain = explainCertain(observation, exposedSchemas);
  if (certain || !error) return certain;
  const denied = error.code === '42501' && caller ? readDenied(error.message) : undefined;
  return denied && caller ? explainDenied(denied, caller) : explainSyntax(observation);
}

function explainCertain(
  observation: RestObservation,
  exposedSchemas: readonly string[],
): Explanation | undefined {
  const { error, token, rows } = observation;
  if (!error) return rows === 0 ? undefined : explainSlow(observation);
  if (error.code === 'PGRST301' || error.code === 'PGRST302' || error.code === 'PGRST303')
    return explainToken({ token, reason: error.message, now: Math.floor(Date.now() / 1000) }, 'REST');
  if (error.code === 'PGRST106') return explainUnexposed(error, exposedSchemas);
  if (error.code !== 'PGRST116') return undefined;
  const found = /contains (\d+) rows/.exec(String(error.details))?.[1];
  return found === '0' ? undefined : explainSeveralRows(observation, Number(found ?? 0));
}

async function explainNoRows(
  session: ReadSession,
  observation: RestObservation,
  target: RestTarget,
): Promise<Explanation | undefined> {
  const { caller, url } = observation;
  if (!caller || !target.matching || target.action === 'call' || target.action === 'insert') return undefined;
  const relation = await readRelation(session, target.schema, target.name, caller.role);
  if (!relation) return undefined;
  const settings = settingsOfRequest(observation);
  const rows = await readRows(session, relation, settings, target.matching(COUNTED_ROWS));
  if ('error' in rows) return undefined;
  const command = target.action;
  const outcomes: PolicyOutcome[] = [];
  if (rows.sample && relation.isSecured && !relation.isBypassed) {
    const request = { phase: 'using', row: rows.sample.text, role: caller.role, settings } as const;
    outcomes.push(await judgeRow(session, relation, { ...request, command: 'select' }));
    if (command !== 'select') outcomes.push(await judgeRow(session, relation, { ...request, command }));
  }
  const query = url.split('?', 2)[1] ?? '';
  return explainEmpty({ command, caller, relation, rows, outcomes, query });
}

async function explainRefusal(
  session: ReadSession,
  observation: RestObservation,
): Promise<Explanation | undefined> {
  const { error, caller, target } = observation;
  if (!error || !caller) return undefined;
  const denied = readDenied(error.message);
  if (denied) {
    if (denied.object !== 'table') return explainDenied(denied, caller);
    const isTarget = target?.name === denied.name && target.action !== 'call';
    const [schema] = isTarget ? [target.schema] : await findSchemas(session, denied.name);
    const relation =
      schema === undefined ? undefined : await readRelation(session, schema, denied.name, caller.role);
    if (!relation) return explainDenied(denied, caller);
    const command = isTarget ? target.action : 'select';
    return explainDeniedTable(relation, caller, neededPrivileges(command, target?.returnsRows ?? false));
  }
  const table = /^new row violates row-level security policy .*for table "(.+)"$/.exec(error.message)?.[1];
  if (table === undefined || !target || (target.action !== 'insert' && target.action !== 'update'))
    return undefined;
  return explainNewRow(session, observation, target, target.action);
}

/** PostgreSQL checks a new row against the policies for the command and, where it is returned, those for reading. */
async function explainNewRow(
  session: ReadSession,
  observation: RestObservation,
  target: RestTarget,
  command: 'insert' | 'update',
): Promise<Explanation | undefined> {
  const { caller } = observation;
  const relation = caller && (await readRelation(session, target.schema, target.name, caller.role));
  if (!relation) return undefined;
  const settings = settingsOfRequest(observation);
  const row = await newRow(session, relation, target, settings);
  if (row === undefined) return undefined;
  const request = { phase: 'check', row: row.text, role: caller.role, settings } as const;
  const outcomes = [await judgeRow(session, relation, { ...request, command })];
  if (target.returnsRows || command === 'update')
    outcomes.push(await judgeRow(session, relation, { ...request, phase: 'using', command: 'select' }));
  return explainRefusedRow(relation, caller, outcomes, { command, label: row.label });
}
