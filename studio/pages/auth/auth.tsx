import { useEffect, useState } from 'react';
import { useSearchParams } from 'wouter';
import { NewUser } from './new-user.tsx';
import { UserDetails } from './user-details.tsx';
import { UserList } from './user-list.tsx';
import './auth.css';

/** The users of Auth, and everything about the chosen one. */
export default function Auth() {
  const [params, setParams] = useSearchParams();
  const [isAdding, setAdding] = useState(false);
  // Counts changes, after which the list is read again.
  const [version, setVersion] = useState(0);
  const changed = () => setVersion((before) => before + 1);
  const id = params.get('user') ?? undefined;
  useEffect(() => {
    document.title = 'Auth – Supabase Studio';
  }, []);
  const choose = (user: string | undefined) =>
    setParams((before) => {
      const after = new URLSearchParams(before);
      if (user === undefined) after.delete('user');
      else after.set('user', user);
      return after;
    });
  return (
    <div className={id === undefined ? 'auth-page' : 'auth-page chosen'}>
      <UserList version={version} chosen={id} onChoose={choose} onAdd={() => setAdding(true)} />
      {id === undefined ? (
        <p className="quiet empty">
          Choose a user. You can sign in as anybody, send mails, and look at sessions.
        </p>
      ) : (
        <UserDetails
          key={id}
          id={id}
          onChange={changed}
          onClose={() => {
            choose(undefined);
            changed();
          }}
        />
      )}
      {isAdding && (
        <NewUser
          onClose={() => setAdding(false)}
          onAdded={(user) => {
            setAdding(false);
            changed();
            choose(user);
          }}
        />
      )}
    </div>
  );
}
