import pg from 'pg';
import { expect, test } from 'vitest';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { startTestStack } from '../../helpers/stack.ts';

test('the settings of a project reach the database', async () => {
  const warnings: string[] = [];
  await using stack = await startTestStack(
    {
      'supabase/config.toml': `
        [local_smtp]
        enabled = true
        port = 54324
        [inbucket]
        enabled = true
        [db.vault]
        k = "v"
        [db.settings]
        statement_timeout = "12s"
        max_connections = 90
        track_commit_timestamp = true
        unknown_setting = "x"
        [auth]
        jwt_expiry = 1234
        [remotes.production]
        project_id = "abc"`,
      'supabase/roles.sql': `do $$ begin
          if (select decrypted_secret from vault.decrypted_secrets where name = 'k') <> 'v' then raise exception 'no secret'; end if;
        end $$; create role reporting`,
    },
    { logger: { ...silentLogger, warn: (text) => warnings.push(text) } },
  );
  const client = new pg.Client(stack.dbUrl);
  await client.connect();
  const { rows } = await client.query(
    `select current_setting('statement_timeout') as timeout, current_setting('max_connections') as connections,
      current_setting('track_commit_timestamp') as timestamps, current_setting('app.settings.jwt_secret') as secret,
      current_setting('app.settings.jwt_exp') as expiry, to_regrole('reporting') is not null as role`,
  );
  await client.end();
  expect(rows).toEqual([
    {
      timeout: '12s',
      connections: '90',
      timestamps: 'on',
      secret: stack.jwtSecret,
      expiry: '1234',
      role: true,
    },
  ]);
  expect(warnings).toEqual([
    expect.stringContaining('not supported here and ignored: db.settings.unknown_setting'),
  ]);
});
