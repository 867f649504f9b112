import pg from 'pg';
import { END_SESSIONS, withoutSessions } from './sessions.ts';
import type { DatabaseServer } from './server.ts';

const { escapeIdentifier: identifier } = pg;

/** How PostgreSQL copies a database: through the log, or, where nothing has to survive a power cut, file by file. */
export type CloneStrategy = 'wal_log' | 'file_copy';

/** The databases whose names begin with a prefix, sorted. */
export async function listDatabases(admin: pg.Client, prefix: string): Promise<string[]> {
  const { rows } = await admin.query<{ datname: string }>(
    'select datname from pg_database where starts_with(datname, $1) order by datname',
    [prefix],
  );
  return rows.map((row) => row.datname);
}

/** Creates a database as a copy of another one, with its settings and privileges, which ends all connections to that one. */
export async function cloneDatabase(
  server: DatabaseServer,
  source: string,
  target: string,
  strategy: CloneStrategy,
): Promise<void> {
  await withoutSessions(server, [source], async (admin) => {
    await admin.query(
      `create database ${identifier(target)} template ${identifier(source)} owner postgres strategy ${strategy}`,
    );
    await copyPrivileges(admin, source, target);
    await copySettings(admin, source, target);
  });
}

/** `grant … on database`, which `create database … template` leaves out. */
export async function copyPrivileges(admin: pg.Client, source: string, target: string): Promise<void> {
  const { rows } = await admin.query<{ text: string }>(
    `select format('grant %s on database %I to %s%s', privilege_type, $2::text,
        case when grantee = 0 then 'public' else grantee::regrole::text end,
        case when is_grantable then ' with grant option' else '' end) as text
      from pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba)))
      where datname = $1 and grantee <> datdba`,
    [source, target],
  );
  const revoke = `revoke all on database ${identifier(target)} from public`;
  await admin.query([revoke, ...rows.map((row) => row.text)].join(';'));
}

/** `alter database … set`, likewise. In the catalogue, because no statement sets a list such as search_path from one value. */
async function copySettings(admin: pg.Client, source: string, target: string): Promise<void> {
  await admin.query(
    `insert into pg_db_role_setting (setdatabase, setrole, setconfig)
      select target.oid, setrole, setconfig from pg_db_role_setting
      join pg_database as source on source.oid = setdatabase
      cross join pg_database as target where source.datname = $1 and target.datname = $2`,
    [source, target],
  );
}

/** Drops a database if it exists, with its connections and replication slots. */
export async function dropDatabase(admin: pg.Client, name: string): Promise<void> {
  await admin.query(END_SESSIONS, [[name]]);
  await admin.query(
    'select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = $1 and not active',
    [name],
  );
  await admin.query(`drop database if exists ${identifier(name)} with (force)`);
}
