import type { Session, User } from '@supabase/supabase-js';
import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react';
import { supabase } from '../model/supabase.ts';

type SessionState =
  | { readonly status: 'loading' }
  | { readonly status: 'signed-out' }
  | { readonly status: 'signed-in'; readonly user: User; readonly session: Session };

const SessionContext = createContext<SessionState>({ status: 'loading' });

/** Follows the session of supabase-js: the first one from the cookies, then every change, also from other tabs. */
export function SessionProvider({ children }: { children: ReactNode }): ReactNode {
  const [state, setState] = useState<SessionState>({ status: 'loading' });
  const queryClient = useQueryClient();
  const lastUserId = useRef<string | undefined>(undefined);
  useEffect(() => {
    const { data } = supabase.auth.onAuthStateChange((_event, session) => {
      // What one person has loaded is not for the next one on this machine.
      if (lastUserId.current !== undefined && lastUserId.current !== session?.user.id) queryClient.clear();
      lastUserId.current = session?.user.id;
      setState(session ? { status: 'signed-in', user: session.user, session } : { status: 'signed-out' });
    });
    return () => data.subscription.unsubscribe();
  }, [queryClient]);
  return <SessionContext value={state}>{children}</SessionContext>;
}

export function useSession(): SessionState {
  return useContext(SessionContext);
}

/** The person who is signed in; for components below the signed-in routes only. */
export function useUser(): User {
  const session = useContext(SessionContext);
  if (session.status !== 'signed-in') throw new Error('useUser() needs a signed-in session');
  return session.user;
}
