import { useEffect } from 'react';
import { useSearchParams } from 'wouter';
import { useLoad } from '../../api.ts';
import { askService } from '../../services.ts';
import { isBanned, nameOf, type User } from './types.ts';

const PAGE = 30;

/** Users by pages, the newest first, found by email address or full name. */
export function UserList({
  version,
  chosen,
  onChoose,
  onAdd,
}: {
  version: number;
  chosen: string | undefined;
  onChoose: (id: string) => void;
  onAdd: () => void;
}) {
  const [params, setParams] = useSearchParams();
  const page = Math.max(1, Number(params.get('page') ?? 1) || 1);
  const search = params.get('search') ?? '';
  // Auth keeps addresses in lower case, and ignores case in names.
  const filter = encodeURIComponent(search.trim().toLowerCase());
  const query = `page=${page}&per_page=${PAGE}&filter=${filter}`;
  const { value, error, reload } = useLoad<Users>(loadUsers, query);
  useEffect(() => (version > 0 ? reload() : undefined), [version, reload]);
  const { users, total = 0 } = value ?? {};
  const last = Math.max(1, Math.ceil(total / PAGE));
  const show = (change: { page?: number; search?: string }) =>
    setParams(
      (before) => {
        const after = new URLSearchParams(before);
        for (const [name, value] of Object.entries({ page: 1, ...change })) after.set(name, String(value));
        for (const [name, fallback] of [
          ['page', '1'],
          ['search', ''],
        ] as const)
          if (after.get(name) === fallback) after.delete(name);
        return after;
      },
      { replace: true },
    );
  return (
    <section className="user-list" aria-label="Users">
      <div className="card-head">
        <h1>Users</h1>
        <span className="space" />
        <button type="button" className="primary" onClick={onAdd}>
          Add user
        </button>
      </div>
      <input
        type="search"
        aria-label="Search users"
        placeholder="Email address or full name"
        value={search}
        onChange={(event) => show({ search: event.target.value })}
      />
      {error !== undefined && <p role="alert">{error}</p>}
      {users?.length === 0 && (
        <p className="quiet">
          {search === '' ? 'No user yet. Sign up in your app, or add one here.' : 'Nobody matches.'}
        </p>
      )}
      <ul className="users">
        {users?.map((user) => (
          <li key={user.id}>
            <button
              type="button"
              aria-current={user.id === chosen ? 'true' : undefined}
              onClick={() => onChoose(user.id)}
            >
              <span className="user-name">{nameOf(user)}</span>
              <Badges user={user} />
              <span className="quiet">
                {user.last_sign_in_at === undefined
                  ? 'never signed in'
                  : `last signed in ${new Date(user.last_sign_in_at).toLocaleString()}`}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {last > 1 && (
        <p className="pager">
          <button
            type="button"
            className="copy"
            disabled={page === 1}
            onClick={() => show({ page: page - 1 })}
          >
            Previous
          </button>{' '}
          Page {page} of {last}{' '}
          <button
            type="button"
            className="copy"
            disabled={page >= last}
            onClick={() => show({ page: page + 1 })}
          >
            Next
          </button>
        </p>
      )}
    </section>
  );
}

/** What is worth knowing of a user at a glance. */
export function Badges({ user }: { user: User }) {
  const isConfirmed = (user.email_confirmed_at ?? user.phone_confirmed_at) !== undefined;
  return (
    <>
      {isBanned(user) && <span className="badge error">banned</span>}
      {user.is_anonymous === true && <span className="badge info">anonymous</span>}
      {!isConfirmed && user.is_anonymous !== true && (
        <span className="badge warning">{user.invited_at === undefined ? 'unconfirmed' : 'invited'}</span>
      )}
    </>
  );
}

interface Users {
  readonly users: readonly User[];
  readonly total: number;
}

async function loadUsers(query: string): Promise<Users> {
  const { value, headers } = await askService(`/auth/v1/admin/users?${query}`);
  const { users } = value as { users: readonly User[] };
  return { users, total: Number(headers.get('x-total-count') ?? users.length) };
}
