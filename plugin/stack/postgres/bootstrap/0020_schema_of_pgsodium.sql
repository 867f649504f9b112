-- Dumps create the extension pgsodium in this schema, which Supabase's image of PostgreSQL 15 has and later ones have not.

create schema if not exists pgsodium authorization supabase_admin;
