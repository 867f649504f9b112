import { expect, test } from 'vitest';
import { parseCommandLine } from '../../../plugin/stack/postgres/server-process.ts';

test.each([
  ['/opt/pg/bin/postgres -D /app/.supabase/postgres -c port=1', true, '/app/.supabase/postgres'],
  ['/opt/pg/bin/postgres -D /my app/.supabase/postgres -c port=1', true, '/my app/.supabase/postgres'],
  ['/opt/pg/bin/postgres -D /app/a -Dir/postgres -c port=1', true, '/app/a -Dir/postgres'],
  ['postgres -D .', true, '.'],
  [
    '"C:\\pg\\bin\\postgres.exe" -D "C:\\my app\\.supabase\\postgres" -c port=1',
    true,
    'C:\\my app\\.supabase\\postgres',
  ],
  [
    'C:\\pg\\bin\\postgres.exe -D C:\\app\\.supabase\\postgres -c port=1',
    true,
    'C:\\app\\.supabase\\postgres',
  ],
  ['/nix/store/x/bin/.postgres-wrapped -D /app/pg', true, '/app/pg'],
  // A server whose folder is not in its command line, or a worker: nothing is proven.
  ['/opt/pg/bin/postgres', true, undefined],
  ['postgres: checkpointer', true, undefined],
  ['/usr/bin/vim -D /app/.supabase/postgres', false, '/app/.supabase/postgres'],
  ['node /opt/postgres/server.js', false, undefined],
])('%s', (text, isPostgres, dir) => {
  expect(parseCommandLine(text)).toEqual({ isPostgres, dir });
});
