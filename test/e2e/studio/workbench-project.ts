/** Files of the project whose tables, jobs, queues and functions the pages show. */
export const WORKBENCH_FILES: Readonly<Record<string, string>> = {
  'supabase/migrations/2_workbench.sql': `
create table letters (id bigint generated always as identity primary key, text text);
alter publication supabase_realtime add table letters;
create type mood as enum ('calm', 'merry');
create table people (id int primary key, name text not null, mood mood, is_tall boolean, details jsonb, twice int generated always as (id * 2) stored);
create table pets (id int primary key, owner int references people, name text);
insert into people (id, name, mood, is_tall, details) values (1, 'Anna', 'calm', true, '{"likes": ["tea"]}'), (2, 'Bert', null, null, null);
insert into pets values (1, 1, 'Cat'), (2, 1, ''), (3, 2, null);
create extension pg_cron;
create extension pgmq;
select cron.schedule('nightly', '30 3 * * 1-5', 'delete from pets where name = ''nobody''');
select pgmq.create('tasks');
create trigger "tell about pets" after update on pets for each row
  execute function supabase_functions.http_request('http://127.0.0.1:4/hook', 'POST', '{}', '{}', '1000');`,
  'supabase/functions/hello/index.ts': `
Deno.serve(async (req) => {
  const { name } = await req.json();
  console.log('asked for', name);
  return Response.json({ hello: name });
});`,
};
