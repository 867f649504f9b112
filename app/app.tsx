import { useQuery } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense, useEffect } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { SecondFactorGate } from './auth/second-factor-gate.tsx';
import { useSession } from './auth/session.ts';
import { SignIn } from './auth/sign-in.tsx';
import { MessagingProvider } from './messages/messaging-provider.tsx';
import { familiesQuery } from './model/family-queries.ts';
import { lastFamilyId } from './model/last-visited.ts';
import { familyPath } from './model/paths.ts';
import { endSubscription, keepSubscribed } from './notifications/push.ts';
import { IconButton } from './shared/button.tsx';
import { lazyScreen } from './shared/lazy-screen.ts';
import { Failure, Loading } from './shared/state.tsx';

/** Half of the app: fetched at once, beside the session and the first queries, but signing in does not wait for it. */
const familyShell = import('./shell/family-shell.tsx');
// A failure shows when the shell is rendered.
familyShell.catch(() => {});
const FamilyShell = lazy(() => familyShell);
const SignUp = lazyScreen(() => import('./auth/sign-up.tsx'));
const ForgotPassword = lazyScreen(() => import('./auth/forgot-password.tsx'));
const ResetPassword = lazyScreen(() => import('./auth/reset-password.tsx'));
const JoinByLink = lazyScreen(() => import('./families/join.tsx'));
const Welcome = lazyScreen(() => import('./families/welcome.tsx'));
const Settings = lazyScreen(() => import('./settings/settings.tsx'));

export function App(): ReactNode {
  const session = useSession();
  if (session.status === 'loading') return <Loading page />;
  if (session.status === 'signed-out') return <SignedOut />;
  return (
    <SecondFactorGate key={session.user.id}>
      <MessagingProvider userId={session.user.id}>
        <SignedIn />
      </MessagingProvider>
    </SecondFactorGate>
  );
}

function SignedOut(): ReactNode {
  useEffect(() => void endSubscription().catch(() => {}), []);
  return (
    <Suspense fallback={<Loading page />}>
      <Switch>
        <Route path="/sign-up" component={SignUp} />
        <Route path="/forgot-password" component={ForgotPassword} />
        <Route component={SignIn} />
      </Switch>
    </Suspense>
  );
}

function SignedIn(): ReactNode {
  // Without Web Push, an open page still notifies.
  useEffect(() => void keepSubscribed().catch(() => {}), []);
  return (
    <Suspense fallback={<Loading page />}>
      <Switch>
        <Route path="/join/:code">{({ code }) => <JoinByLink code={code} />}</Route>
        <Route path="/reset-password" component={ResetPassword} />
        <Route path="/settings">
          <Settings lead={<BackHome />} />
        </Route>
        <Route path="/welcome">
          <Welcome isFirst={false} />
        </Route>
        <Route path="/family/:familyId/*?">{({ familyId }) => <FamilyShell familyId={familyId} />}</Route>
        <Route component={Home} />
      </Switch>
    </Suspense>
  );
}

function BackHome(): ReactNode {
  const [, navigate] = useLocation();
  return <IconButton icon="arrowLeft" label="Back to chat" onClick={() => navigate('/')} />;
}

/** Redirects to the family visited last; without a family, shows the page to start or join one. */
function Home(): ReactNode {
  const families = useQuery(familiesQuery);
  if (families.isPending) return <Loading page />;
  if (families.isError) return <Failure error={families.error} onRetry={() => void families.refetch()} />;
  const last = lastFamilyId();
  const family = families.data.find((other) => other.id === last) ?? families.data[0];
  return family ? <Redirect to={familyPath(family.id)} replace /> : <Welcome isFirst />;
}
