import { useRead } from '../api.ts';

const ROLES = [
  ['postgres', 'postgres'],
  ['anon', 'anon: a visitor'],
  ['authenticated', 'authenticated: nobody in particular'],
  ['service_role', 'service_role'],
] as const;

/** Chooses a role, or a user of Auth by id. */
export function ViewerSelect({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (viewer: string) => void;
}) {
  const { value: roles } = useRead<readonly string[]>('roles');
  const { value: users } = useRead<readonly { id: string; name: string }[]>('users');
  return (
    <label>
      {label}{' '}
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        <optgroup label="Roles">
          {[...ROLES, ...(roles ?? []).map((role) => [role, role] as const)].map(([role, text]) => (
            <option key={role} value={role}>
              {text}
            </option>
          ))}
        </optgroup>
        {users && users.length > 0 && (
          <optgroup label="Users">
            {users.map((user) => (
              <option key={user.id} value={user.id}>
                {user.name}
              </option>
            ))}
          </optgroup>
        )}
      </select>
    </label>
  );
}
