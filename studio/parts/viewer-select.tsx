import { useRead } from '../api.ts';

/** Chooses as whom rows are read and changed. */
export function ViewerSelect({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { value: users } = useRead<readonly { id: string; name: string }[]>('users');
  return (
    <label>
      Rows as{' '}
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="postgres">postgres: every row</option>
        <option value="anon">anon: a visitor</option>
        <option value="service_role">service_role</option>
        {users?.map((user) => (
          <option key={user.id} value={user.id}>
            {user.name}
          </option>
        ))}
      </select>
    </label>
  );
}
