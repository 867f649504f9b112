/** Files of the project whose tables, jobs, queues and functions the pages show. */
export const WORKBENCH_FILES: Readonly<Record<string, string>> = {
  'supabase/migrations/2_workbench.sql': `
create table letters (id bigint generated always as identity primary key, text text);
alter publication supabase_realtime add table letters;`,
};
