import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Read } from './read.ts';

/** Pages that not every stack has. */
export type OptionalPage = 'functions' | 'cron' | 'queues' | 'webhooks';

/** The pages that have something to show: the extension, trigger or folder is there. */
export const listPages: Read = async (_query, { terminal, backend, root }): Promise<OptionalPage[]> => {
  const pages: OptionalPage[] = [];
  const folders = await readdir(join(root, 'supabase/functions')).catch(() => []);
  if (folders.some((name) => !/^[._]/.test(name))) pages.push('functions');
  if (backend.databaseUrl?.() === undefined) return pages;
  const [has] = await terminal.explainer.read((session) =>
    session.rows<{ cron: boolean; queues: boolean; webhooks: boolean }>(
      `select to_regclass('cron.job') is not null as cron, to_regclass('pgmq.meta') is not null as queues,
         to_regclass('net._http_response') is not null and (
           exists (select from pg_trigger where tgfoid = to_regproc('supabase_functions.http_request'))
           or exists (select from pg_proc p join pg_namespace n on n.oid = p.pronamespace
             where p.prosrc ~ 'net\\.http_' and n.nspname !~ '^(pg_|information_schema$)' and n.nspname not in ('net', 'supabase_functions', 'extensions'))
         ) as webhooks`,
    ),
  );
  if (has?.cron) pages.push('cron');
  if (has?.queues) pages.push('queues');
  if (has?.webhooks) pages.push('webhooks');
  return pages;
};
