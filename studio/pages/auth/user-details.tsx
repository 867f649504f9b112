import { useEffect, useRef, useState } from 'react';
import { Card } from '../../parts/card.tsx';
import { CopyButton } from '../../parts/copy-button.tsx';
import { ValueRow } from '../../parts/value-row.tsx';
import { useService } from '../../services.ts';
import { Mails } from './mails.tsx';
import { Sessions } from './sessions.tsx';
import { nameOf, type User } from './types.ts';
import { UserActions } from './user-actions.tsx';
import { Factors, Identities } from './user-facts.tsx';
import { Badges } from './user-list.tsx';

/** One user: what can be done, and what Auth keeps. */
export function UserDetails({
  id,
  onChange,
  onClose,
}: {
  id: string;
  onChange: () => void;
  onClose: () => void;
}) {
  const path = `/auth/v1/admin/users/${encodeURIComponent(id)}`;
  const { value: user, error, reload } = useService<User>(path);
  const [version, setVersion] = useState(0);
  const heading = useRef<HTMLHeadingElement>(null);
  const isLoaded = user !== undefined;
  useEffect(() => {
    if (isLoaded) heading.current?.focus();
  }, [isLoaded]);
  const changed = () => {
    reload();
    setVersion((before) => before + 1);
    onChange();
  };
  const back = (
    <button type="button" className="copy back" onClick={onClose}>
      All users
    </button>
  );
  if (error !== undefined)
    return (
      <div>
        {back}
        <p role="alert">{error}</p>
      </div>
    );
  if (!user) return <p className="quiet">Loading…</p>;
  return (
    <div className="column">
      <section className="card" aria-label="User">
        <div className="card-head">
          <h2 ref={heading} tabIndex={-1}>
            {nameOf(user)}
          </h2>
          <Badges user={user} />
          {back}
        </div>
        <UserActions user={user} path={path} onChange={changed} onDeleted={onClose} />
        <dl>
          <ValueRow name="ID" value={user.id} />
          {user.phone ? <ValueRow name="Phone" value={`+${user.phone}`} /> : null}
          <Fact name="Role" value={user.role} />
          <Fact name="Created" value={timeOf(user.created_at)} />
          <Fact name="Last signed in" value={timeOf(user.last_sign_in_at)} />
          <Fact name="Banned until" value={timeOf(user.banned_until)} />
        </dl>
      </section>
      <Mails to={user.email || undefined} />
      <Sessions user={user.id} version={version} onChange={changed} />
      <Identities identities={user.identities ?? []} />
      <Factors factors={user.factors ?? []} path={path} onChange={changed} />
      <Metadata title="User metadata" value={user.user_metadata} />
      <Metadata title="App metadata" value={user.app_metadata} />
    </div>
  );
}

function Fact({ name, value }: { name: string; value: string | undefined }) {
  if (value === undefined || value === '') return null;
  return (
    <div className="value-row">
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function timeOf(time: string | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toLocaleString();
}

function Metadata({ title, value }: { title: string; value: Readonly<Record<string, unknown>> }) {
  const text = JSON.stringify(value, null, 2);
  return (
    <Card title={title} action={<CopyButton text={text} label={`Copy ${title.toLowerCase()}`} />}>
      <pre>
        <code>{text}</code>
      </pre>
    </Card>
  );
}
