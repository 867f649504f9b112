import pg from 'pg';
import {
  ALLOWED_SETTINGS,
  HISTORY_TABLES,
  INTERNAL_SCHEMAS,
  isOneOf,
  RESERVED_ROLES,
} from '../dump/scope.ts';
import { targetSchema, type RowsTarget } from '../dump/statement-target.ts';

/** Schemas of Supabase whose rows a dump may bring: users, files, and which migrations have run. */
const SERVICE_SCHEMAS = ['auth', 'storage', 'supabase_migrations'];

/** What a project may do with the objects of Supabase. */
const OF_PROJECT = /^(?:create\s+(?:constraint\s+)?(?:policy|trigger)|grant)\b/i;

/** Session settings and commands that say nothing about the content, or cannot be had here. */
const NEEDLESS = [
  /^set\s+transaction_timeout\b/i,
  /^(?:begin|commit|end|start\s+transaction)\b/i,
  // Triggers do not run anyway.
  /^alter\s+table\s[^;]*?\s(?:enable|disable)\s+trigger\s+all$/i,
];

/** Objects of the server that every project has, and that a dump of another server names. */
const OF_EVERY_PROJECT = [
  /^(?:create|alter|comment\s+on|drop)\s+(?:event\s+trigger|publication|extension)\b/i,
  /^(?:create|alter)\s+schema\s+(?:if\s+not\s+exists\s+)?"?public"?(?:\s|$)/i,
  /^comment\s+on\s+schema\s+"?public"?\s/i,
  /^alter\s+default\s+privileges\s+for\s+role\s+"?supabase_/i,
  /^(?:alter|grant|revoke)\b[^;]*\bforeign\s+(?:data\s+wrapper|server)\b/i,
  // Owners of other projects.
  /^alter\s[^;]*\sowner\s+to\s+"?supabase_/i,
];

const ROLE =
  /^(?:create|alter|comment\s+on)\s+(?:role|user)\s+("(?:[^"]|"")+"|[\w$]+)(?:\s+set\s+((?:"[^"]+"|[\w.])+))?/i;
/** Privileges are granted `on` something. */
const MEMBERSHIP = /^grant\s+(?:(?!\son\s)[^()])*?\sto\s+("(?:[^"]|"")+"|[\w$]+)/i;

/** duplicate_object, duplicate_schema, insufficient_privilege, undefined_object, undefined_function, feature_not_supported, undefined_file */
const HAS_OR_CANNOT = ['42710', '42P06', '42501', '42704', '42883', '0A000', '58P01'];

/** A statement as role `postgres` may run it: what only a superuser may say about roles is left out where it says no. */
export function withoutSuperuserWords(statement: string): string {
  if (!/^(?:create|alter)\s+(?:role|user)\b/i.test(statement)) return statement;
  return statement.replaceAll(/\s(?:NOSUPERUSER|NOREPLICATION)(?=\s|$)/gi, '');
}

/** Whether a statement of a dump is not run at all: it would repeat or change what Supabase itself has made. */
export function isLeftOut(statement: string): boolean {
  if (NEEDLESS.some((pattern) => pattern.test(statement))) return true;
  if (changesReservedRole(statement)) return true;
  return isAboutSupabase(statement) && !OF_PROJECT.test(statement);
}

/** Whether a statement may be one that Supabase's own objects, or the lack of an extension, let fail. */
export function mayFail(statement: string): boolean {
  return isAboutSupabase(statement) || OF_EVERY_PROJECT.some((pattern) => pattern.test(statement));
}

/** Whether the failure of a statement that `mayFail` leaves nothing of the project out. */
export function isHarmless(statement: string, error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return false;
  return isAboutSupabase(statement) || HAS_OR_CANNOT.includes(error.code ?? '');
}

function isAboutSupabase(statement: string): boolean {
  const schema = targetSchema(statement);
  return schema !== undefined && isOneOf(schema, INTERNAL_SCHEMAS);
}

/** All but the settings that a project may change, too. */
function changesReservedRole(statement: string): boolean {
  const [, role, setting] = ROLE.exec(statement) ?? MEMBERSHIP.exec(statement) ?? [];
  if (role === undefined || !isOneOf(unquoted(role), RESERVED_ROLES)) return false;
  return setting === undefined || !isOneOf(unquoted(setting), ALLOWED_SETTINGS);
}

function unquoted(name: string): string {
  return name.replaceAll('"', '');
}

/** Whose rows a statement brings: the project's, those of a service of Supabase, or those that every project has its own of. */
export function ownerOfRows({ schema, name }: RowsTarget): 'project' | 'service' | 'nobody' {
  if (HISTORY_TABLES.includes(`${schema}.${name}`)) return 'nobody';
  if (SERVICE_SCHEMAS.includes(schema)) return 'service';
  return isOneOf(schema, INTERNAL_SCHEMAS) ? 'nobody' : 'project';
}
