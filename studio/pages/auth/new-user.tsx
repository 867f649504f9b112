import { useState } from 'react';
import { ActionMessage } from '../../parts/action-message.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { useAction } from '../../parts/use-action.ts';
import { askService } from '../../services.ts';
import type { User } from './types.ts';

/** Creates a user, or invites one by mail. */
export function NewUser({ onClose, onAdded }: { onClose: () => void; onAdded: (id: string) => void }) {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [isConfirmed, setConfirmed] = useState(true);
  const { act, ...state } = useAction();
  const send = (path: string, body: object) =>
    void act(async () => {
      const { value } = await askService(path, { method: 'POST', body });
      onAdded((value as User).id);
      return undefined;
    });
  return (
    <Dialog title="Add user" onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          const secret = password === '' ? {} : { password };
          send('/auth/v1/admin/users', { email, ...secret, email_confirm: isConfirmed });
        }}
      >
        <label>
          Email address
          <input
            type="email"
            required
            autoComplete="off"
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        </label>
        <label>
          Password <span className="quiet">(none: only links and codes)</span>
          <input
            type="text"
            autoComplete="off"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </label>
        <label className="check">
          <input
            type="checkbox"
            checked={isConfirmed}
            onChange={(event) => setConfirmed(event.target.checked)}
          />{' '}
          The address is confirmed
        </label>
        <ActionMessage state={state} />
        <p className="actions">
          <button type="button" className="copy" onClick={onClose}>
            Close
          </button>
          <button
            type="button"
            className="copy"
            disabled={state.isBusy || email === ''}
            onClick={() => send('/auth/v1/invite', { email })}
          >
            Invite by mail
          </button>
          <button type="submit" className="primary" disabled={state.isBusy}>
            Create
          </button>
        </p>
      </form>
    </Dialog>
  );
}
