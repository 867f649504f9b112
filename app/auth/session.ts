import type { Session, User } from '@supabase/supabase-js';
import { createContext, useContext } from 'react';

export type SessionState =
  /** Not known yet, because an expired session waits for the connection, for example. */
  | { readonly status: 'loading' }
  | { readonly status: 'signed-out' }
  | { readonly status: 'signed-in'; readonly user: User; readonly session: Session };

export const SessionContext = createContext<SessionState>({ status: 'loading' });

export function useSession(): SessionState {
  return useContext(SessionContext);
}

/** The signed-in user; only for components inside the signed-in routes. */
export function useUser(): User {
  const session = useContext(SessionContext);
  if (session.status !== 'signed-in') throw new Error('useUser() needs a signed-in session');
  return session.user;
}
