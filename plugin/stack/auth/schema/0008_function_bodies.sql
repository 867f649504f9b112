-- The functions by which policies identify the caller, with bodies that PostgreSQL parses here and now: whatever a migration
-- puts into schema public, and whatever search_path a caller has, they call the same functions. SET search_path would do the
-- same, but keep PostgreSQL from inlining them into policies.

set role supabase_auth_admin;
set search_path = '';

create or replace function auth.uid() returns uuid language sql stable return
  coalesce(
    nullif(current_setting('request.jwt.claim.sub', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
  )::uuid;

create or replace function auth.role() returns text language sql stable return
  coalesce(
    nullif(current_setting('request.jwt.claim.role', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
  )::text;

create or replace function auth.email() returns text language sql stable return
  coalesce(
    nullif(current_setting('request.jwt.claim.email', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email'
  )::text;

create or replace function auth.jwt() returns jsonb language sql stable return
  coalesce(
    nullif(current_setting('request.jwt.claim', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')
  )::jsonb;

reset search_path;
