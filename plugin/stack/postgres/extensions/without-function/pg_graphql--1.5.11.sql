-- Functions that dumps grant on. graphql_public.graphql() keeps the placeholder's answer.

create function graphql._internal_resolve(
  query text, variables jsonb default '{}', "operationName" text default null, extensions jsonb default null
) returns jsonb
language sql immutable set search_path = ''
as $$
  select pg_catalog.jsonb_build_object('errors', pg_catalog.jsonb_build_array(
    pg_catalog.jsonb_build_object('message', 'pg_graphql has no function in this stack.')))
$$;

create function graphql.resolve(
  query text, variables jsonb default '{}', "operationName" text default null, extensions jsonb default null
) returns jsonb
language sql immutable set search_path = ''
as $$ select graphql._internal_resolve(query, variables, "operationName", extensions) $$;

create function graphql.comment_directive(comment_ text) returns jsonb
language sql immutable set search_path = ''
as $$ select '{}'::jsonb $$;

create function graphql.exception(message text) returns text
language plpgsql set search_path = ''
as $$ begin raise exception using errcode = '22000', message = message; end $$;

create sequence graphql.seq_schema_version as int cycle;

create function graphql.get_schema_version() returns int
language sql set search_path = '' as $$ select last_value::int from graphql.seq_schema_version $$;

create function graphql.increment_schema_version() returns event_trigger
language plpgsql set search_path = '' as $$ begin perform pg_catalog.nextval('graphql.seq_schema_version'); end $$;

grant usage on schema graphql to postgres, anon, authenticated, service_role;
grant execute on all functions in schema graphql to postgres, anon, authenticated, service_role;
