import type { Advisor } from './advisor.ts';

/** Rules of our own about Realtime, where hosted Supabase has none. */
export const REALTIME_ADVISORS: readonly Advisor[] = [
  {
    name: 'publication_without_tables',
    category: 'performance',
    severity: 'info',
    sql: `select 'supabase_realtime' as subject from pg_publication p
      where p.pubname = 'supabase_realtime' and not p.puballtables
        and not exists (select from pg_publication_tables t where t.pubname = p.pubname)
        and exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
          where c.relkind in ('r', 'p') and n.nspname = any ($1::text[]) and n.nspname <> all ($2::text[]))`,
    describe: () => ({
      cause: 'The publication supabase_realtime has no tables: postgres_changes sends nothing.',
      cure: 'Add the tables whose changes pages listen to; broadcast and presence need none.',
      code: 'alter publication supabase_realtime add table public.messages;',
    }),
  },
];
