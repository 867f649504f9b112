import pg from 'pg';
import { HISTORY_TABLES, INTERNAL_SCHEMAS, isOneOf, RESERVED_ROLES } from '../dump/scope.ts';
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

const ROLE = /^(?:create|alter|comment\s+on)\s+(?:role|user)\s+("(?:[^"]|"")+"|[\w$]+)/i;
const MEMBERSHIP = /^grant\s+[^()]*?\sto\s+("(?:[^"]|"")+"|[\w$]+)/i;

/** duplicate_object, duplicate_schema, insufficient_privilege, undefined_object, feature_not_supported, undefined_file */
const HAS_OR_CANNOT = ['42710', '42P06', '42501', '42704', '0A000', '58P01'];

/** Whether a statement of a dump is not run at all: it would repeat or change what Supabase itself has made. */
export function isLeftOut(statement: string): boolean {
  if (NEEDLESS.some((pattern) => pattern.test(statement))) return true;
  const schema = targetSchema(statement);
  return schema !== undefined && isOneOf(schema, INTERNAL_SCHEMAS) && !OF_PROJECT.test(statement);
}

/** Whether the failure of a statement leaves nothing of the project out. */
export function mayFail(statement: string, error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return false;
  const schema = targetSchema(statement);
  if (schema !== undefined && isOneOf(schema, INTERNAL_SCHEMAS)) return true;
  if (!HAS_OR_CANNOT.includes(error.code ?? '')) return false;
  const [, role] =
    ROLE.exec(statement) ?? (/\son\s/i.test(statement) ? [] : (MEMBERSHIP.exec(statement) ?? []));
  if (role !== undefined) return isOneOf(role.replaceAll('"', ''), RESERVED_ROLES);
  return OF_EVERY_PROJECT.some((pattern) => pattern.test(statement));
}

/** Whose rows a statement brings: the project's, those of a service of Supabase, or those that every project has its own of. */
export function ownerOfRows({ schema, name }: RowsTarget): 'project' | 'service' | 'nobody' {
  if (HISTORY_TABLES.includes(`${schema}.${name}`)) return 'nobody';
  if (SERVICE_SCHEMAS.includes(schema)) return 'service';
  return isOneOf(schema, INTERNAL_SCHEMAS) ? 'nobody' : 'project';
}
