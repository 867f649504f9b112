import { lazy, Suspense } from 'react';
import { Redirect, Route, Router, Switch } from 'wouter';
import { Home } from './pages/home.tsx';
import { OptionalLinks } from './parts/optional-links.tsx';
import { NavLink } from './parts/nav-link.tsx';

// Loaded when they are first opened.
const Auth = lazy(() => import('./pages/auth/auth.tsx'));
const Functions = lazy(() => import('./pages/functions.tsx'));
const Logs = lazy(() => import('./pages/logs.tsx'));
const Queues = lazy(() => import('./pages/queues.tsx'));
const Requests = lazy(() => import('./pages/requests.tsx'));
const Cron = lazy(() => import('./pages/cron.tsx'));
const Frames = lazy(() => import('./pages/frames.tsx'));
const Realtime = lazy(() => import('./pages/realtime.tsx'));
const Sql = lazy(() => import('./pages/sql/sql.tsx'));
const Storage = lazy(() => import('./pages/storage/storage.tsx'));
const Tables = lazy(() => import('./pages/tables.tsx'));
const Webhooks = lazy(() => import('./pages/webhooks.tsx'));

/** Navigation and the chosen page. */
export function App() {
  return (
    <Router base="/__supabase">
      <a className="skip" href="#main">
        Skip to content
      </a>
      <header className="bar">
        <p className="brand">
          <span aria-hidden="true">⚡</span> Supabase
        </p>
        <nav aria-label="Pages">
          <NavLink to="/">Home</NavLink>
          <NavLink to="/requests">Requests</NavLink>
          <NavLink to="/tables">Tables</NavLink>
          <NavLink to="/sql">SQL</NavLink>
          <NavLink to="/auth">Auth</NavLink>
          <NavLink to="/storage">Storage</NavLink>
          <NavLink to="/realtime">Realtime</NavLink>
          <OptionalLinks />
          <NavLink to="/logs">Logs</NavLink>
          <a href="/__supabase/mail/">Mail</a>
        </nav>
      </header>
      <main id="main" tabIndex={-1}>
        <Suspense fallback={<p className="quiet">Loading…</p>}>
          <Switch>
            <Route path="/" component={Home} />
            <Route path="/requests" component={Requests} />
            <Route path="/requests/websocket" component={Frames} />
            <Route path="/tables/:schema?/:name?" component={Tables} />
            <Route path="/sql" component={Sql} />
            <Route path="/auth" component={Auth} />
            <Route path="/storage" component={Storage} />
            <Route path="/realtime" component={Realtime} />
            <Route path="/functions/:slug?" component={Functions} />
            <Route path="/logs" component={Logs} />
            <Route path="/cron" component={Cron} />
            <Route path="/queues/:name?" component={Queues} />
            <Route path="/webhooks" component={Webhooks} />
            <Route>
              <Redirect to="/" />
            </Route>
          </Switch>
        </Suspense>
      </main>
    </Router>
  );
}
