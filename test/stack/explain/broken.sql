-- One table for each broken set-up.
create table no_policy (id int primary key, body text);
alter table no_policy enable row level security;
insert into no_policy values (1, 'one'), (2, 'two');

create table for_users (id int primary key);
alter table for_users enable row level security;
create policy "users read" on for_users for select to authenticated using (true);
insert into for_users values (1);

create table notes (id int generated always as identity primary key, user_id uuid not null default auth.uid(), body text);
alter table notes enable row level security;
create policy "own notes" on notes for select to authenticated using ((select auth.uid()) = user_id);
create policy "write own" on notes for insert to authenticated with check ((select auth.uid()) = user_id);
insert into notes (user_id, body) values ('00000000-0000-0000-0000-000000000001', 'of somebody else');

create table closed (id int primary key);
revoke all on closed from anon, authenticated;

create table write_only (id int generated always as identity primary key, body text);
alter table write_only enable row level security;
create policy "anybody writes" on write_only for insert to anon with check (true);

create table readable (id int primary key, user_id uuid, body text);
alter table readable enable row level security;
create policy "read all" on readable for select using (true);
create policy "own only" on readable for delete using (user_id = auth.uid());
insert into readable values (1, '00000000-0000-0000-0000-000000000001', 'one'), (2, null, 'two');

create table customers (id int primary key, name text, owner_id uuid);
insert into customers values (1, 'Anna'), (2, 'Ben');
create schema billing;
create table billing.invoices (id int primary key);
create function add_numbers(a int, b int) returns int language sql as 'select a + b';

create table recursive (id int primary key, team int);
alter table recursive enable row level security;
create policy "same team" on recursive for select using (team in (select team from recursive));
insert into recursive values (1, 1);

create table secured (id int primary key);
alter table secured enable row level security;
insert into secured values (1);
create view secured_view with (security_invoker = yes) as select * from secured;

create table restricted (id int primary key, is_public boolean);
alter table restricted enable row level security;
create policy "everybody" on restricted for select using (true);
create policy "public only" on restricted as restrictive for select using (is_public);
insert into restricted values (1, false);

create table one_hidden (id int primary key);
alter table one_hidden enable row level security;
insert into one_hidden values (2);

create view slow_view as select 1 as id, (pg_sleep(1.1))::text as slept;

create table unpublished (id int primary key);
create table published (id int primary key, room text, secret boolean default false);
create table hidden (id int primary key, user_id uuid);
alter table hidden enable row level security;
create policy "own" on hidden for select to authenticated using (user_id = auth.uid());
create table hidden_anon (id int primary key);
alter table hidden_anon enable row level security;
alter publication supabase_realtime add table published, hidden, hidden_anon;

insert into storage.buckets (id, name, file_size_limit, allowed_mime_types) values ('photos', 'photos', 1000, array['image/png']);
