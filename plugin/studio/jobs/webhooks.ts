import type { Read } from '../read.ts';

const HOOKS = `
  select t.tgname as name, c.oid::regclass::text as "table", pg_get_triggerdef(t.oid) as definition, t.tgenabled <> 'D' as "isEnabled",
    split_part(encode(t.tgargs, 'escape'), '\\000', 1) as url, split_part(encode(t.tgargs, 'escape'), '\\000', 2) as method
  from pg_trigger t join pg_class c on c.oid = t.tgrelid
  where t.tgfoid = to_regproc('supabase_functions.http_request') and not t.tgisinternal order by 2, 1`;

const RESPONSES = `
  select r.id::text as id, (extract(epoch from r.created) * 1000)::float8 as at, r.status_code as status, r.timed_out as "isTimedOut",
    r.error_msg as error, left(r.content, 20000) as content, h.hook_name as hook, h.hook_table_id::regclass::text as "table"
  from net._http_response r left join supabase_functions.hooks h on h.request_id = r.id
  order by r.created desc limit 50`;

const WAITING = 'select count(*)::int as waiting from net.http_request_queue';

/** The triggers that send requests, and what pg_net's latest requests were answered, whoever made them. */
export const listWebhooks: Read = (_query, { terminal }) =>
  terminal.explainer.read(async (session) => {
    const hooks = await session.rows(HOOKS);
    const responses = await session.rows(RESPONSES);
    const [queue] = await session.rows<{ waiting: number }>(WAITING);
    return { hooks, responses, waiting: queue?.waiting ?? 0 };
  });
