import { useState } from 'react';
import { ActionMessage } from '../../parts/action-message.tsx';
import { ConfirmButton } from '../../parts/confirm-button.tsx';
import { useAction } from '../../parts/use-action.ts';
import { ValueRow } from '../../parts/value-row.tsx';
import { askService } from '../../services.ts';
import { isBanned, nameOf, type User } from './types.ts';

// Go's longest duration is 292 years: until somebody lifts the ban.
const LONG = '876000h';

/** What can be done with a user. */
export function UserActions({
  user,
  path,
  onChange,
  onDeleted,
}: {
  user: User;
  path: string;
  onChange: () => void;
  onDeleted: () => void;
}) {
  const [link, setLink] = useState<string>();
  const { act, ...state } = useAction();
  const name = nameOf(user);
  const hasMail = Boolean(user.email);
  const isDisabled = state.isBusy || !hasMail;
  const mail = (to: string, what: string) =>
    void act(async () => {
      await askService(`/auth/v1/${to}`, { method: 'POST', body: { email: user.email } });
      onChange();
      return `${what} was sent to ${name}.`;
    });
  const signInAs = () =>
    void act(async () => {
      const body = { type: 'magiclink', email: user.email };
      const { value } = await askService('/auth/v1/admin/generate_link', { method: 'POST', body });
      const { action_link: made } = value as { action_link: string };
      setLink(made);
      await navigator.clipboard.writeText(made);
      return `The link was copied. Whoever opens it is signed in as ${name}, once.`;
    });
  const ban = (duration: string) =>
    void act(async () => {
      await askService(path, { method: 'PUT', body: { ban_duration: duration } });
      onChange();
      return duration === 'none' ? `${name} may sign in again.` : `${name} may not sign in any more.`;
    });
  const remove = () =>
    void act(async () => {
      await askService(path, { method: 'DELETE' });
      onDeleted();
      return undefined;
    });
  return (
    <div className="user-actions">
      <div className="tools">
        <button type="button" className="primary" disabled={isDisabled} onClick={signInAs}>
          Sign in as
        </button>
        <button
          type="button"
          className="copy"
          disabled={isDisabled}
          onClick={() => mail('magiclink', 'A magic link')}
        >
          Send magic link
        </button>
        <button
          type="button"
          className="copy"
          disabled={isDisabled}
          onClick={() => mail('recover', 'A link to choose a new password')}
        >
          Send password recovery
        </button>
        <button
          type="button"
          className="copy"
          disabled={state.isBusy}
          onClick={() => ban(isBanned(user) ? 'none' : LONG)}
        >
          {isBanned(user) ? 'Lift the ban' : 'Ban'}
        </button>
        <ConfirmButton
          question={`Delete ${name}? The user, their sessions and whatever refers to them with on delete cascade are gone.`}
          confirm="Delete"
          disabled={state.isBusy}
          onConfirm={remove}
        >
          Delete
        </ConfirmButton>
      </div>
      {!hasMail && <p className="quiet">Links and mails need an email address.</p>}
      <ActionMessage state={state} />
      {link !== undefined && (
        <dl>
          <ValueRow name="Link" value={link} />
        </dl>
      )}
    </div>
  );
}
