/** As plugin/explain/facts/policies.ts. */
export interface Policy {
  readonly name: string;
  readonly isPermissive: boolean;
  readonly command: string;
  readonly roles: readonly string[];
  readonly using: string | null;
  readonly check: string | null;
}

/** Policies with their expressions. */
export function PolicyList({ policies }: { policies: readonly Policy[] }) {
  return (
    <ul className="list">
      {policies.map(({ name, isPermissive, command, roles, using, check }) => (
        <li key={name}>
          <strong>{name}</strong>{' '}
          <span className="quiet">
            {isPermissive ? '' : 'restrictive, '}for {command} to {roles.join(', ')}
          </span>
          {using !== null && (
            <pre>
              <code>using ({using})</code>
            </pre>
          )}
          {check !== null && (
            <pre>
              <code>with check ({check})</code>
            </pre>
          )}
        </li>
      ))}
    </ul>
  );
}
