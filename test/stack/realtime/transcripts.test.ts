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

/** What is not replayed: shown incompletely, or not a behaviour to copy. */
const NOT_REPLAYED: Readonly<Record<string, string>> = {
  'access-token-pg': 'the insert races with the new token when nobody waits; visibility.test.ts',
  'failed-join-blocks-socket': 'a refused join blocks nothing here',
  'join-token-garbage3': 'the original crashes on a token whose parts are no base64; here it is malformed',
  'many-channels': 'the recording leaves out most of the frames; limits.test.ts',
  'pg-alter-and-late-publication': 'the original notices after seconds; publication.test.ts',
  'pg-filters-ok': 'the recording leaves out frames; its summary is replayed in filters.test.ts',
  'socket-idle': 'waits for more than a minute; limits.test.ts',
  'z-after-rate-limit': 'follows the flood; limits.test.ts',
  'z-broadcast-rate-limit': 'floods for ten seconds; limits.test.ts',
};

/** Clients of a scenario that are left out. */
const LEFT_OUT_CLIENTS: Readonly<Record<string, string>> = {
  'C-garbage3': 'as join-token-garbage3',
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

function isLeftOut(name: string, { client, frame }: RecordedEvent): boolean {
  if (client !== undefined && client in LEFT_OUT_CLIENTS) return true;
  // Nobody waits for this broadcast: whom of those who join later it reaches is chance.
  return name === 'access-token' && client === 'A' && JSON.stringify(frame ?? null).includes('"broadcast"');
}

/** Empty tables, with the serial number and the stored messages that the recording began with. */
async function prepareDatabase({ name, events }: Scenario): Promise<void> {
  await db.query(`truncate items, items_full, other.things, "MixedCase", todos, rls_full, no_grant, col_priv, nopk, bigrow,
    types_all, bc_src; delete from realtime.messages`);
  if (name === 'join-old-api') {
    const first = events.find(({ dir, frame }) => dir === '<-' && JSON.stringify(frame).includes('"INSERT"'));
    const id = Number(/"record":\{"id":(\d+)/.exec(JSON.stringify(first?.frame))?.[1]);
    await db.query(`select setval('items_id_seq', $1, false)`, [id]);
  }
  if (name === 'private-replay') {
    await db.query(`select realtime.send('{"m": 1}', 'ev1', 'priv-rw2')`);
    await db.query(`select realtime.send('{"m": 2}', 'ev2', 'priv-rw2')`);
  }
}
