// Supabase CLI: pkg/migration/scripts/dump_role.sh; PostgreSQL: src/bin/pg_dump/pg_dumpall.c
import pg from 'pg';
import { withClient } from '../databases/server.ts';
import { ALLOWED_SETTINGS, isOneOf, RESERVED_ROLES } from './scope.ts';

const { escapeIdentifier: identifier, escapeLiteral: literal } = pg;

interface Role {
  readonly name: string;
  readonly isSuperuser: boolean;
  readonly inherits: boolean;
  readonly createsRoles: boolean;
  readonly createsDatabases: boolean;
  readonly logsIn: boolean;
  readonly replicates: boolean;
  readonly bypassesRls: boolean;
  readonly limit: number;
  readonly validUntil: string | null;
}

const ROLES = `select rolname as name, rolsuper as "isSuperuser", rolinherit as inherits, rolcreaterole as "createsRoles",
    rolcreatedb as "createsDatabases", rolcanlogin as "logsIn", rolreplication as replicates, rolbypassrls as "bypassesRls",
    rolconnlimit as limit, rolvaliduntil::text as "validUntil"
  from pg_catalog.pg_roles where rolname !~ '^pg_' order by rolname`;

interface Setting {
  readonly role: string;
  readonly name: string;
  readonly value: string;
  /** A list of names, each quoted where that is needed. */
  readonly isList: boolean;
}

const SETTINGS = `select rolname as role, split_part(entry, '=', 1) as name, substr(entry, strpos(entry, '=') + 1) as value,
    lower(split_part(entry, '=', 1)) in ('local_preload_libraries', 'search_path', 'session_preload_libraries',
      'shared_preload_libraries', 'temp_tablespaces', 'unix_socket_directories') as "isList"
  from pg_catalog.pg_db_role_setting join pg_catalog.pg_roles on pg_roles.oid = setrole, unnest(setconfig) as entry
  where setdatabase = 0 and rolname !~ '^pg_' order by rolname, entry`;

interface Membership {
  readonly role: string;
  readonly member: string;
  readonly isAdmin: boolean;
  /** Null before PostgreSQL 16. */
  readonly inherits: boolean | null;
}

const MEMBERSHIPS = `select roleid::regrole::name as role, member::regrole::name as member, bool_or(admin_option) as "isAdmin",
    bool_or((to_jsonb(pg_auth_members) ->> 'inherit_option')::boolean) as inherits
  from pg_catalog.pg_auth_members where member::regrole::text !~ '^pg_' group by 1, 2 order by 1, 2`;

/** The roles of a project, their memberships and settings as SQL, as `supabase db dump --role-only` writes it: no passwords. */
export async function dumpRoles(connection: pg.ClientConfig): Promise<string> {
  return withClient(connection, async (client) => {
    await client.query('set search_path = pg_catalog');
    const { rows: roles } = await client.query<Role>(ROLES);
    const { rows: settings } = await client.query<Setting>(SETTINGS);
    const { rows: memberships } = await client.query<Membership>(MEMBERSHIPS);
    const own = roles.filter(({ name }) => !isReserved(name));
    const lines = [
      "SET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;",
      own.map(createRole).join('\n'),
      settings
        .filter(({ role, name }) => !isReserved(role) || isOneOf(name, ALLOWED_SETTINGS))
        .map(setForRole)
        .join('\n'),
      memberships
        .filter(({ member }) => !isReserved(member))
        .map(grantRole)
        .join('\n'),
      'RESET ALL;',
    ];
    return `${lines.filter((part) => part !== '').join('\n\n')}\n`;
  });
}

function isReserved(role: string): boolean {
  return isOneOf(role, RESERVED_ROLES);
}

function createRole(role: Role): string {
  const words = [
    // What only a superuser may say is left out, unless it says yes.
    ...(role.isSuperuser ? ['SUPERUSER'] : []),
    role.inherits ? 'INHERIT' : 'NOINHERIT',
    role.createsRoles ? 'CREATEROLE' : 'NOCREATEROLE',
    role.createsDatabases ? 'CREATEDB' : 'NOCREATEDB',
    role.logsIn ? 'LOGIN' : 'NOLOGIN',
    ...(role.replicates ? ['REPLICATION'] : []),
    role.bypassesRls ? 'BYPASSRLS' : 'NOBYPASSRLS',
    ...(role.limit === -1 ? [] : [`CONNECTION LIMIT ${role.limit}`]),
    ...(role.validUntil === null ? [] : [`VALID UNTIL ${literal(role.validUntil)}`]),
  ];
  const name = identifier(role.name);
  return `CREATE ROLE ${name};\nALTER ROLE ${name} WITH ${words.join(' ')};`;
}

function setForRole({ role, name, value, isList }: Setting): string {
  const text = isList && value !== '' ? value : literal(value);
  return `ALTER ROLE ${identifier(role)} SET ${name.split('.').map(identifier).join('.')} TO ${text};`;
}

function grantRole({ role, member, isAdmin, inherits }: Membership): string {
  const options = [...(isAdmin ? ['ADMIN OPTION'] : []), ...(inherits === false ? ['INHERIT FALSE'] : [])];
  const suffix = options.length > 0 ? ` WITH ${options.join(', ')}` : '';
  return `GRANT ${identifier(role)} TO ${identifier(member)}${suffix};`;
}
