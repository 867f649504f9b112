import type { Session } from '@supabase/supabase-js';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { supabase } from '../model/supabase.ts';
import { SessionContext, type SessionState } from './session.ts';

/**
 * Provides the session of supabase-js: first from the cookies, then every change, including those from other tabs.
 */
export function SessionProvider({ children }: { children: ReactNode }): ReactNode {
  const [state, setState] = useState<SessionState>({ status: 'loading' });
  const queryClient = useQueryClient();
  const lastUserId = useRef<string | undefined>(undefined);
  useEffect(() => {
    const show = (session: Session | null): void => {
      // Data loaded for one user must not be shown to the next one on this machine.
      if (lastUserId.current !== undefined && lastUserId.current !== session?.user.id) queryClient.clear();
      lastUserId.current = session?.user.id;
      setState(session ? { status: 'signed-in', user: session.user, session } : { status: 'signed-out' });
    };
    const { data } = supabase.auth.onAuthStateChange((event, session) => {
      // Without a connection, an expired session looks like none: this page keeps loading until the next event.
      if (event !== 'INITIAL_SESSION' || session || navigator.onLine) show(session);
    });
    const onOnline = (): void => {
      if (lastUserId.current !== undefined) return;
      supabase.auth.getSession().then(
        (answer) => show(answer.data.session),
        // The next event tries again.
        () => {},
      );
    };
    window.addEventListener('online', onOnline);
    return () => {
      window.removeEventListener('online', onOnline);
      data.subscription.unsubscribe();
    };
  }, [queryClient]);
  return <SessionContext value={state}>{children}</SessionContext>;
}
