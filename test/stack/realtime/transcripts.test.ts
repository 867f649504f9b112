import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LOCAL_KEYS } from '../../../plugin/stack/keys.ts';
import { makeRecordedTokens, type RecordedTokens } from '../../helpers/realtime/project.ts';
import { readRecording, type RecordedEvent, type Scenario } from '../../helpers/realtime/recording.ts';
import { replayScenario } from '../../helpers/realtime/replay.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

const recordings = await Promise.all(
  ['frames-v1.json', 'frames-v2.json'].map((file) =>
    readRecording<{ vsn: string; scenarios: Scenario[] }>(file),
  ),
);

/** Scenarios that are not replayed, each with the reason: recorded incompletely, or a behaviour not to emulate. */
const NOT_REPLAYED: Readonly<Record<string, string>> = {
  'access-token-pg': 'without the recorded pauses the insert races with the new token; visibility.test.ts',
  'failed-join-blocks-socket': 'a refused join does not block the socket here',
  'join-token-garbage3': 'Realtime crashes on a token whose parts are not base64; here it is malformed',
  'many-channels': 'the recording omits most frames; limits.test.ts',
  'pg-filters-ok': 'the recording omits frames; filters.test.ts compares its summary',
  'socket-idle': 'waits for more than a minute; limits.test.ts',
  'z-after-rate-limit': 'requires the preceding flood; limits.test.ts replays it',
  'z-broadcast-rate-limit': 'the recording omits the 5,160 broadcasts of its ten seconds; limits.test.ts',
};

/** Clients that are left out, each with the reason. */
const LEFT_OUT_CLIENTS: Readonly<Record<string, string>> = {
  'C-garbage3': 'see join-token-garbage3',
};

let stack: TestStack;
let db: pg.Client;
let tokens: RecordedTokens;

beforeAll(async () => {
  tokens = await makeRecordedTokens(LOCAL_KEYS.jwtSecret);
  stack = await startTestStack(tokens.files);
  db = new pg.Client(stack.dbUrl);
  await db.connect();
});

afterAll(async () => {
  await db?.end();
  await stack?.stop();
});

describe.each(recordings)('recorded frames of protocol $vsn', ({ scenarios }) => {
  const replayed = scenarios.filter(({ name }) => !(name in NOT_REPLAYED));
  const playable = replayed.map((scenario) => ({
    ...scenario,
    events: scenario.events.filter((event) => !isLeftOut(scenario.name, event)),
  }));
  test.each(playable)('$name', async (scenario) => {
    const url = `${stack.url.replace('http', 'ws')}/realtime/v1/websocket`;
    await prepareDatabase(scenario);
    expect(await replayScenario(scenario, { url, db, tokens })).toEqual([]);
  });
});

function isLeftOut(name: string, { t, client, frame }: RecordedEvent): boolean {
  if (client !== undefined && client in LEFT_OUT_CLIENTS) return true;
  // Nothing waits for this broadcast: which of the clients that join later receive it is chance.
  if (name === 'access-token' && client === 'A') return JSON.stringify(frame ?? null).includes('"broadcast"');
  // Realtime polls the publication, and confirms the subscription again when it has changed.
  return name === 'pg-alter-and-late-publication' && client === 'B' && t > 11_000 && frame !== undefined;
}

/** Empties the tables and restores the sequence values and stored messages that a recording began with. */
async function prepareDatabase({ name, events }: Scenario): Promise<void> {
  await db.query(`truncate items, items_full, other.things, "MixedCase", todos, rls_full, no_grant, col_priv, nopk, bigrow,
    types_all, bc_src; delete from realtime.messages`);
  if (name === 'join-old-api') {
    await db.query(`select setval('items_id_seq', $1, false)`, [firstInsertedId(events)]);
  }
  if (name === 'pg-alter-and-late-publication') {
    // The recording inserts one row before it, which no client receives.
    await db.query(`select setval('not_published_id_seq', $1, false)`, [firstInsertedId(events) - 1]);
  }
  if (name === 'private-replay') {
    await db.query(`select realtime.send('{"m": 1}', 'ev1', 'priv-rw2')`);
    await db.query(`select realtime.send('{"m": 2}', 'ev2', 'priv-rw2')`);
  }
}

/** The id of the first inserted row that a client received. */
function firstInsertedId(events: readonly RecordedEvent[]): number {
  const texts = events.filter(({ dir }) => dir === '<-').map(({ frame }) => JSON.stringify(frame ?? null));
  const insert = texts.find((text) => text.includes('"INSERT"'));
  return Number(/"record":\{"id":(\d+)/.exec(insert ?? '')?.[1]);
}
