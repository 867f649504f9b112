import { ActionMessage } from '../../parts/action-message.tsx';
import { Card } from '../../parts/card.tsx';
import { ConfirmButton } from '../../parts/confirm-button.tsx';
import { useAction } from '../../parts/use-action.ts';
import { askService } from '../../services.ts';
import type { Factor, Identity } from './types.ts';

/** The providers that a user signs in with. */
export function Identities({ identities }: { identities: readonly Identity[] }) {
  return (
    <Card title="Identities">
      {identities.length === 0 && <p className="quiet">None.</p>}
      <ul className="list">
        {identities.map(({ identity_id, provider, id, email, last_sign_in_at }) => (
          <li key={identity_id}>
            <strong>{provider}</strong> {email ?? id}{' '}
            {last_sign_in_at !== undefined && (
              <span className="quiet">last used {new Date(last_sign_in_at).toLocaleString()}</span>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** The second factors of a user. */
export function Factors({
  factors,
  path,
  onChange,
}: {
  factors: readonly Factor[];
  path: string;
  onChange: () => void;
}) {
  const { act, ...state } = useAction();
  const remove = (id: string) =>
    void act(async () => {
      await askService(`${path}/factors/${id}`, { method: 'DELETE' });
      onChange();
      return 'The factor was removed.';
    });
  return (
    <Card title="Factors">
      {factors.length === 0 && <p className="quiet">None.</p>}
      <ul className="list">
        {factors.map(({ id, friendly_name, factor_type, status, created_at }) => (
          <li key={id} className="with-action">
            <p>
              <strong>{factor_type}</strong> {friendly_name}{' '}
              <span className={`badge ${status === 'verified' ? 'info' : 'warning'}`}>{status}</span>{' '}
              <span className="quiet">since {new Date(created_at).toLocaleString()}</span>
            </p>
            <ConfirmButton
              question="Remove this factor? The user signs in without it, and can enrol another one."
              confirm="Remove"
              disabled={state.isBusy}
              onConfirm={() => remove(id)}
            >
              Remove
            </ConfirmButton>
          </li>
        ))}
      </ul>
      <ActionMessage state={state} />
    </Card>
  );
}
