import { useEffect } from 'react';
import { change, useRead } from '../../api.ts';
import { ActionMessage } from '../../parts/action-message.tsx';
import { Card } from '../../parts/card.tsx';
import { ConfirmButton } from '../../parts/confirm-button.tsx';
import { useAction } from '../../parts/use-action.ts';
import type { Session } from './types.ts';

/** Where a user is signed in. Auth's admin API has no sessions, so that they come from the database. */
export function Sessions({
  user,
  version,
  onChange,
}: {
  user: string;
  version: number;
  onChange: () => void;
}) {
  const {
    value: sessions,
    error,
    reload,
  } = useRead<readonly Session[]>(`sessions?user=${encodeURIComponent(user)}`);
  const { act, ...state } = useAction();
  useEffect(() => (version > 0 ? reload() : undefined), [version, reload]);
  const end = () =>
    void act(async () => {
      const { ended } = await change<{ ended: number }>('end-sessions', { user });
      onChange();
      return `${ended} ${ended === 1 ? 'session' : 'sessions'} ended. Access tokens are valid until they expire.`;
    });
  const action = sessions !== undefined && sessions.length > 0 && (
    <ConfirmButton
      question="Sign out everywhere? All sessions of this user end; they sign in again."
      confirm="Sign out everywhere"
      disabled={state.isBusy}
      onConfirm={end}
    >
      Sign out everywhere
    </ConfirmButton>
  );
  return (
    <Card title="Sessions" action={action}>
      {error !== undefined && <p role="alert">{error}</p>}
      {sessions?.length === 0 && <p className="quiet">Not signed in anywhere.</p>}
      <ul className="list">
        {sessions?.map(({ id, createdAt, refreshedAt, until, level, ip, userAgent }) => (
          <li key={id}>
            <p>
              since {new Date(createdAt).toLocaleString()}
              {refreshedAt !== null && `, refreshed ${new Date(refreshedAt).toLocaleString()}`}
              {until !== null && `, until ${new Date(until).toLocaleString()}`}{' '}
              <span className="badge info">{level}</span>
            </p>
            <p className="quiet">{[ip, userAgent].filter(Boolean).join(' · ')}</p>
          </li>
        ))}
      </ul>
      <ActionMessage state={state} />
    </Card>
  );
}
