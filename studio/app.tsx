import { lazy, Suspense } from 'react';
import { Link, Redirect, Route, Router, Switch, useRoute } from 'wouter';
import { Home } from './pages/home.tsx';

// Loaded when they are first opened.
const Requests = lazy(() => import('./pages/requests.tsx'));
const Frames = lazy(() => import('./pages/frames.tsx'));
const Realtime = lazy(() => import('./pages/realtime.tsx'));
const Tables = lazy(() => import('./pages/tables.tsx'));

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
          <NavLink to="/realtime">Realtime</NavLink>
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
            <Route path="/realtime" component={Realtime} />
            <Route>
              <Redirect to="/" />
            </Route>
          </Switch>
        </Suspense>
      </main>
    </Router>
  );
}

function NavLink({ to, children }: { to: string; children: string }) {
  const [isActive] = useRoute(to === '/' ? to : `${to}/*?`);
  return (
    <Link href={to} aria-current={isActive ? 'page' : undefined}>
      {children}
    </Link>
  );
}
