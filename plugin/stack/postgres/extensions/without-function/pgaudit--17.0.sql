-- Dumps grant on these functions.

create function pgaudit_ddl_command_end() returns event_trigger
language plpgsql set search_path = '' as $$ begin end $$;

create function pgaudit_sql_drop() returns event_trigger
language plpgsql set search_path = '' as $$ begin end $$;
