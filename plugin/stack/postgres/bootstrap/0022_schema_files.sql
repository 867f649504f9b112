-- The files of [db.migrations] schema_paths that were applied, as schema_migrations has the migrations. No table of Supabase's.
create table supabase_migrations.schema_files (path text primary key, statements text[]);
alter table supabase_migrations.schema_files owner to postgres;
