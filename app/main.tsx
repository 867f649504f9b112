import './styles/tokens.css';
import './styles/base.css';
import { notifyManager, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { SessionProvider } from './auth/session-provider.tsx';
import { applyTheme, readTheme } from './settings/theme.ts';
import { ErrorBoundary } from './shared/error-boundary.tsx';
import { Toasts } from './shared/toasts.tsx';

applyTheme(readTheme());

// A button is disabled as soon as it is pressed, not a moment later: the second press of a double click must not make a
// second family.
notifyManager.setScheduler(queueMicrotask);

const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // Realtime says when something has changed; fetching again on every focus would only repeat what is known.
      staleTime: 60_000,
      refetchOnWindowFocus: false,
      // supabase-js asks again by itself when there is no answer, and what the database refuses it refuses again.
      retry: false,
    },
  },
});

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no element #root');

createRoot(root).render(
  <StrictMode>
    <ErrorBoundary>
      <QueryClientProvider client={queryClient}>
        <SessionProvider>
          <App />
          <Toasts />
        </SessionProvider>
      </QueryClientProvider>
    </ErrorBoundary>
  </StrictMode>,
);
