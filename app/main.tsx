import './styles/tokens.css';
import './styles/base.css';
import { notifyManager, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { SessionProvider } from './auth/session-provider.tsx';
import { registerServiceWorker } from './offline/register.ts';
import { UpdateNotice } from './offline/update-notice.tsx';
import { applyTheme, readTheme } from './settings/theme.ts';
import { ErrorBoundary } from './shared/error-boundary.tsx';
import { Toasts } from './shared/toasts.tsx';

applyTheme(readTheme());
registerServiceWorker();

// Disable a button in the microtask after the click: the second click of a double click must not create a second
// family.
notifyManager.setScheduler(queueMicrotask);

const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // Realtime reports changes, so refetching on every focus would be redundant.
      staleTime: 60_000,
      refetchOnWindowFocus: false,
      // supabase-js retries network failures itself, and a refused request would be refused again.
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
          <UpdateNotice />
        </SessionProvider>
      </QueryClientProvider>
    </ErrorBoundary>
  </StrictMode>,
);
