-- citusdata/pg_cron: tables and functions of 1.6. The scheduler is part of the stack (database-jobs/cron-scheduler.ts); it
-- runs every job as role postgres, who alone may schedule.

do $$
begin
  if not exists (select from pg_catalog.pg_namespace where nspname = 'cron') then
    create schema cron;
  end if;
end $$;

create sequence cron.jobid_seq;
create sequence cron.runid_seq;

create table cron.job (
  jobid bigint primary key default pg_catalog.nextval('cron.jobid_seq'),
  schedule text not null,
  command text not null,
  nodename text not null default 'localhost',
  nodeport int not null default pg_catalog.inet_server_port(),
  database text not null default pg_catalog.current_database(),
  username text not null default current_user,
  active boolean not null default true,
  jobname text,
  constraint jobname_username_uniq unique (jobname, username)
);
create table cron.job_run_details (
  jobid bigint,
  runid bigint primary key default pg_catalog.nextval('cron.runid_seq'),
  job_pid integer,
  database text,
  username text,
  command text,
  status text,
  return_message text,
  start_time timestamptz,
  end_time timestamptz
);
alter table cron.job enable row level security;
create policy cron_job_policy on cron.job using (username = current_user);
alter table cron.job_run_details enable row level security;
create policy cron_job_run_details_policy on cron.job_run_details using (username = current_user);

create function cron._check_schedule(schedule text) returns void
language plpgsql immutable set search_path = ''
as $$
declare
  field constant text := '(\*|[0-9]+|[a-z]{3})(-([0-9]+|[a-z]{3}))?(/[0-9]+)?';
  list constant text := field || '(,' || field || ')*';
begin
  if schedule ~* ('^\s*' || list || '\s+' || list || '\s+(' || list || '|\$)\s+' || list || '\s+' || list || '\s*$')
    or schedule ~* '^\s*@(yearly|annually|monthly|weekly|daily|midnight|hourly|reboot)\s*$'
    or schedule ~* '^\s*([1-9]|[1-5][0-9])\s+seconds?\s*$'
  then
    return;
  end if;
  raise exception 'invalid schedule: %', schedule
    using errcode = '22023', hint = 'Use cron format (e.g. 5 4 * * *), or interval format ''[1-59] seconds''';
end $$;

create function cron.schedule(job_name text, schedule text, command text) returns bigint
language plpgsql security definer set search_path = ''
as $$
declare
  id bigint;
begin
  if job_name is null then
    raise exception 'job_name can not be NULL' using errcode = '22004';
  end if;
  perform cron._check_schedule(schedule);
  insert into cron.job (schedule, command, jobname, username) values (schedule, command, job_name, 'postgres')
  on conflict on constraint jobname_username_uniq
    do update set schedule = excluded.schedule, command = excluded.command, active = true
  returning jobid into id;
  return id;
end $$;

create function cron.schedule(schedule text, command text) returns bigint
language plpgsql security definer set search_path = ''
as $$
declare
  id bigint;
begin
  perform cron._check_schedule(schedule);
  insert into cron.job (schedule, command, username) values (schedule, command, 'postgres') returning jobid into id;
  return id;
end $$;

create function cron.schedule_in_database(
  job_name text, schedule text, command text, database text, username text default null, active boolean default true
) returns bigint
language plpgsql security definer set search_path = ''
as $$
declare
  id bigint;
begin
  if coalesce(username, 'postgres') <> 'postgres' then
    raise exception 'must be superuser to create a job for another role' using errcode = '42501';
  end if;
  id := cron.schedule(job_name, schedule, command);
  update cron.job as job set database = schedule_in_database.database, active = schedule_in_database.active where job.jobid = id;
  return id;
end $$;

create function cron.alter_job(
  job_id bigint, schedule text default null, command text default null, database text default null, username text default null,
  active boolean default null
) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  if coalesce(username, 'postgres') <> 'postgres' then
    raise exception 'must be superuser to alter username' using errcode = '42501';
  end if;
  if schedule is not null then
    perform cron._check_schedule(schedule);
  end if;
  update cron.job as job set
    schedule = coalesce(alter_job.schedule, job.schedule), command = coalesce(alter_job.command, job.command),
    database = coalesce(alter_job.database, job.database), active = coalesce(alter_job.active, job.active)
  where job.jobid = job_id and job.username = 'postgres';
  if not found then
    raise exception 'Job % does not exist or you don''t own it', job_id;
  end if;
end $$;

create function cron.unschedule(job_id bigint) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
  delete from cron.job where jobid = job_id and username = 'postgres';
  if not found then
    raise exception 'could not find valid entry for job %', job_id;
  end if;
  return true;
end $$;

create function cron.unschedule(job_name text) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
  delete from cron.job where jobname = job_name and username = 'postgres';
  if not found then
    raise exception 'could not find valid entry for job ''%''', job_name;
  end if;
  return true;
end $$;

create function cron._wake() returns trigger
language plpgsql set search_path = ''
as $$
begin
  perform pg_catalog.pg_notify('_stack_jobs', 'cron');
  return null;
end $$;
create trigger wake after insert or update or delete on cron.job for each statement execute function cron._wake();
alter table cron.job enable always trigger wake;

-- supabase/postgres ansible/files/postgresql_extension_custom_scripts/pg_cron/after-create.sql
revoke all on all functions in schema cron from public;
grant usage on schema cron to postgres with grant option;
grant execute on all functions in schema cron to postgres;
grant select on cron.job to postgres with grant option;
grant select, insert, update, delete, truncate on cron.job_run_details to postgres with grant option;
grant usage on all sequences in schema cron to postgres;
