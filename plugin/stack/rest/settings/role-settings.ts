import { parseIsolationLevel } from '../schema-cache/build.ts';
import type { IsolationLevel } from '../database/transaction.ts';

/** Settings (`ALTER ROLE … SET`) of the roles that the login role may become, limited to those that it may set. */
export const ROLE_SETTINGS_QUERY = `
select coalesce(json_agg(json_build_array(r.rolname, split_part(c, '=', 1), substr(c, strpos(c, '=') + 1))), '[]')
from pg_auth_members m
join pg_roles r on r.oid = m.roleid
cross join unnest(r.rolconfig) c
join pg_settings s on s.name = split_part(c, '=', 1)
where m.member = (select oid from pg_roles where rolname = current_user)
  and (s.context = 'user' or has_parameter_privilege(current_user, s.name, 'set'))`;

export interface RoleSettings {
  readonly isolationLevel: IsolationLevel | undefined;
  readonly settings: readonly (readonly [name: string, value: string])[];
}

/** The settings by role. The isolation level is separate: it belongs to BEGIN. */
export function buildRoleSettings(
  rows: readonly (readonly [role: string, name: string, value: string])[],
): Map<string, RoleSettings> {
  const roles = new Map<string, RoleSettings>();
  for (const [role, name, value] of rows) {
    const known = roles.get(role) ?? { isolationLevel: undefined, settings: [] };
    roles.set(
      role,
      name === 'default_transaction_isolation'
        ? { ...known, isolationLevel: parseIsolationLevel(value) }
        : { ...known, settings: [...known.settings, [name, value]] },
    );
  }
  return roles;
}
