import { closest } from '../shared/closest.ts';
import type { RealtimeObservation } from '../shared/observations.ts';
import {
  explainBroadcast,
  explainHandshake,
  explainJoin,
  explainSubscription,
  explainUndelivered,
} from './causes/realtime.ts';
import type { Explanation } from './explanation.ts';
import { settingsOfCaller } from './facts/caller.ts';
import type { ReadSession } from './facts/explain-database.ts';
import { relationNames } from './facts/names.ts';
import { publishedTables } from './facts/publication.ts';
import { qualified, quote } from './facts/quote.ts';
import { readRelation } from './facts/relations.ts';
import { judgeRow } from './facts/rows.ts';

/** Why Realtime refused, closed or did not send. */
export async function explainRealtime(
  session: ReadSession,
  observation: RealtimeObservation,
): Promise<Explanation | undefined> {
  const now = Math.floor(Date.now() / 1000);
  switch (observation.event) {
    case 'handshake-refused':
      return explainHandshake(observation, now);
    case 'join-refused':
    case 'channel-closed':
      return explainJoin(observation, now);
    case 'broadcast-dropped':
      return explainBroadcast(observation);
    case 'subscription-refused': {
      const { schema, table, caller } = observation;
      const relation = await readRelation(session, schema, table, caller.role);
      const isPublished = (await publishedTables(session)).includes(`${schema}.${table}`);
      const meant = relation ? undefined : closest(table, await relationNames(session, schema));
      return explainSubscription(observation, {
        schema,
        table,
        relation,
        isPublished,
        meant,
      });
    }
    case 'change-undelivered':
      return explainChange(session, observation);
  }
}

async function explainChange(
  session: ReadSession,
  observation: Extract<RealtimeObservation, { event: 'change-undelivered' }>,
): Promise<Explanation | undefined> {
  const { schema, table, caller, key, why } = observation;
  const relation = await readRelation(session, schema, table, caller.role);
  if (!relation) return undefined;
  const settings = settingsOfCaller(caller);
  let outcome;
  if (why.kind === 'policy' && Object.keys(key).length > 0) {
    const names = Object.keys(key);
    const conditions = names.map((name, at) => `t.${quote(name)}::text = $${at + 1}`);
    const found = await session.attempt([], {
      text: `select t::text as row from ${qualified(relation)} t where ${conditions.join(' and ')}`,
      params: Object.values(key),
    });
    const row = 'rows' in found ? found.rows[0]?.row : undefined;
    if (typeof row === 'string')
      outcome = await judgeRow(session, relation, {
        command: 'select',
        phase: 'using',
        row,
        role: caller.role,
        settings,
      });
  }
  return explainUndelivered(observation, { relation, outcome });
}
