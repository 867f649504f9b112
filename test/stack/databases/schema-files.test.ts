import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { query, start } from './helpers.ts';

// Files of [db.migrations] schema_paths.

const CONFIG = '[db.migrations]\nschema_paths = ["./schemas/types.sql", "./schemas/*.sql", "./more"]\n';

test(
  'files that declare the schema make it, and saving one keeps the rows',
  { timeout: 240_000 },
  async () => {
    const stack = await start({
      'supabase/config.toml': CONFIG,
      'supabase/schemas/items.sql': 'create table items (id int primary key, state state);',
      'supabase/schemas/types.sql': `create type state as enum ('new', 'done');`,
      'supabase/more/deep/tags.sql': 'create table tags (item int references items);',
      'supabase/seed.sql': `insert into items values (1, 'new')`,
    });
    const save = (path: string, text: string): Promise<void> =>
      writeFile(join(stack.root, 'supabase', path), text);
    const rows = (): Promise<unknown> => query(stack, 'select * from items order by id');
    await query(stack, `insert into items values (2, 'done'); insert into tags values (2)`);

    await save('schemas/items.sql', 'create table items (id int primary key, state state, n int);');
    expect((await stack.sync()).rebuilt).toMatchObject({
      changed: ['schemas/items.sql'],
      gone: [],
      misfits: [],
    });
    expect(await rows()).toEqual([
      { id: 1, state: 'new', n: null },
      { id: 2, state: 'done', n: null },
    ]);

    await save('schemas/items.sql', 'create table items (id int primary key, state nonsense);');
    await expect(stack.sync()).rejects.toMatchObject({
      location: { file: expect.stringContaining('items.sql') },
    });
    await save('schemas/items.sql', 'create table items (id int primary key, state state); -- a comment');
    await save('schemas/users.sql', 'create table people (id int);');
    expect((await stack.sync()).rebuilt).toMatchObject({ changed: ['schemas/items.sql'] });
    await save('schemas/views.sql', 'create view open_items as select id from items;');
    expect(await stack.sync()).toEqual({ applied: ['schemas/views.sql'] });
    expect(await query(stack, 'select * from open_items, people')).toEqual([]);

    await stack.reset();
    expect(await rows()).toEqual([{ id: 1, state: 'new' }]);
    await rm(join(stack.root, 'supabase/schemas/views.sql'));
    expect((await stack.sync()).rebuilt?.gone).toEqual(['schemas/views.sql']);

    // As "supabase db diff" writes it; from now on the migrations make the database.
    await mkdir(join(stack.root, 'supabase/migrations'), { recursive: true });
    await save(
      'migrations/1_first.sql',
      `create type state as enum ('new', 'done'); create table items (id int primary key, state state);`,
    );
    expect((await stack.sync()).rebuilt?.gone).toHaveLength(4);
    expect(await rows()).toEqual([{ id: 1, state: 'new' }]);
    await save('schemas/items.sql', 'create table items ();');
    expect(await stack.sync()).toEqual({ applied: [] });
    expect(await query(stack, 'select version from supabase_migrations.schema_migrations')).toEqual([
      { version: '1' },
    ]);
  },
);
