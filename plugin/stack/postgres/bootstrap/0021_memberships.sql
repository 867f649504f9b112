-- supabase/postgres migrations/db/migrations/20251215120934_supabase_superuser.sql

grant supabase_superuser to postgres, supabase_etl_admin;
