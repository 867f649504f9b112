import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { expect, test } from 'vitest';
import type { DatabaseServer } from '../../../plugin/stack/postgres/databases/server.ts';
import { withoutSessions } from '../../../plugin/stack/postgres/databases/sessions.ts';

// Without a handler for the failed connection, Node would end the process: Vitest reports that as an error of the run.
test('a server that ends meanwhile fails the statement, and nothing else', async () => {
  let queries = 0;
  const ending = {
    async query() {
      queries += 1;
      if (queries > 1) throw new Error('Connection terminated unexpectedly');
      return { rowCount: 0 };
    },
  } as unknown as pg.Client;
  const admin = { query: async () => ({ rowCount: 0 }) } as unknown as pg.Client;
  const clients = [ending, admin];
  const server = {
    administer: async (use: (client: pg.Client | undefined) => Promise<unknown>) => use(clients.shift()),
  } as unknown as DatabaseServer;
  const statement = withoutSessions(server, ['postgres'], async () => {
    await delay(50);
    throw new Error('the server has ended');
  });
  await expect(statement).rejects.toThrow('the server has ended');
  expect(queries).toBe(2);
});
