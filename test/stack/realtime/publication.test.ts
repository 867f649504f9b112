import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOCAL_KEYS } from '../../../plugin/stack/keys.ts';
import { makeRecordedTokens, type RecordedTokens } from '../../helpers/realtime/project.ts';
import { readRecording, type RecordedEvent, type Scenario } from '../../helpers/realtime/recording.ts';
import { replayScenario } from '../../helpers/realtime/replay.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

interface ChangeFrame {
  readonly payload: { readonly data: Readonly<Record<string, unknown>> };
}

/** The frame of a recorded insert, with other values. */
function changeFrame(event: RecordedEvent, data: Readonly<Record<string, unknown>>): RecordedEvent {
  const frame = structuredClone(event.frame) as ChangeFrame & { payload: { data: object } };
  Object.assign(frame.payload.data, data);
  return { ...event, frame };
}

/**
 * The recording, adapted to the two deviations of this stack: a table is watched as soon as it is in the publication, so
 * the first row arrives, and there is no second "Subscribed to PostgreSQL" by which Realtime confirms the change after
 * 10 seconds. A last row in another table shows that nothing arrives from a table that was removed.
 */
function adapt({ events, ...scenario }: Scenario): Scenario {
  const firstChange = events.find(({ frame }) =>
    JSON.stringify(frame ?? '').includes('"postgres_changes","payload":{"data"'),
  );
  if (!firstChange) throw new Error('the recording has no change');
  const confirmations = events.filter(({ frame }) =>
    JSON.stringify(frame ?? '').includes('Subscribed to PostgreSQL'),
  );
  const end = events.findIndex(({ closed }) => closed);
  const adapted = events.slice(0, end).flatMap((event) => {
    if (event === confirmations[1]) return [];
    if (!event.sql?.includes("'at once'")) return [event];
    return [event, changeFrame(firstChange, { record: { v: 'at once', id: 1 } })];
  });
  const last = { table: 'witness', record: { v: 'last', id: 1 } };
  adapted.push({ t: 15_000, sql: "insert into witness(v) values('last')" }, changeFrame(firstChange, last));
  return { ...scenario, events: adapted };
}

let tokens: RecordedTokens;
let stack: TestStack;
let db: pg.Client;

beforeAll(async () => {
  tokens = await makeRecordedTokens(LOCAL_KEYS.jwtSecret);
  stack = await startTestStack(tokens.files);
  db = new pg.Client(stack.dbUrl);
  await db.connect();
  await db.query(`create table public.witness (id serial primary key, v text);
    alter publication supabase_realtime add table public.witness`);
});

afterAll(async () => {
  await db?.end();
  await stack?.stop();
});

test('follows tables that are added to the publication, altered and removed while a schema is subscribed', async () => {
  const recording = await readRecording<Scenario>('publication-change.json');
  const url = `${stack.url.replace('http', 'ws')}/realtime/v1/websocket`;
  expect(await replayScenario(adapt(recording), { url, db, tokens })).toEqual([]);
});
