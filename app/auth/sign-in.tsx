import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { Button } from '../shared/button.tsx';
import { describeError } from '../shared/errors.ts';
import { Field, Notice } from '../shared/field.tsx';
import { passwordOf, textOf } from '../shared/form-values.ts';
import { Form } from '../shared/form.tsx';
import { PasswordField } from '../shared/password-field.tsx';
import { requestMagicLink, signIn } from './auth-actions.ts';
import { AuthPage } from './auth-page.tsx';
import { DemoAccounts } from './demo-accounts.tsx';
import { DevInboxLink } from './dev-inbox-link.tsx';

/** Shown at every URL while signed out, so that signing in continues to that URL. */
export function SignIn(): ReactNode {
  const [withPassword, setWithPassword] = useState(true);
  const [location] = useLocation();
  const invited = location.startsWith('/join/');
  return (
    <AuthPage
      title={invited ? 'You are invited' : 'Welcome back'}
      lead={invited ? 'Sign in, or create an account, to join your family.' : 'Sign in to see your family.'}
      footer={<DemoAccounts />}
      links={
        <>
          <Link href="/sign-up">New here? Create an account</Link>
          <Link href="/forgot-password">Forgot your password?</Link>
        </>
      }
    >
      {withPassword ? <PasswordForm /> : <MagicLinkForm />}
      <Button variant="quiet" onClick={() => setWithPassword(!withPassword)}>
        {withPassword ? 'Email me a sign-in link instead' : 'Use your password instead'}
      </Button>
    </AuthPage>
  );
}

function PasswordForm(): ReactNode {
  const mutation = useMutation({ mutationFn: signIn });
  return (
    <Form
      onSubmit={(values) => {
        mutation.mutate({ email: textOf(values, 'email'), password: passwordOf(values, 'password') });
      }}
    >
      <Field label="Email" name="email" type="email" autoComplete="email" required />
      <PasswordField label="Password" name="password" autoComplete="current-password" required />
      {mutation.isError && <Notice kind="error">{describeError(mutation.error)}</Notice>}
      <Button type="submit" variant="primary" busy={mutation.isPending}>
        {mutation.isPending ? 'Signing in…' : 'Sign in'}
      </Button>
    </Form>
  );
}

function MagicLinkForm(): ReactNode {
  const mutation = useMutation({ mutationFn: requestMagicLink });
  if (mutation.isSuccess) {
    return (
      <Notice kind="info">
        We sent you an email. Open its link in this browser to sign in. <DevInboxLink />
      </Notice>
    );
  }
  return (
    <Form onSubmit={(values) => mutation.mutate(textOf(values, 'email'))}>
      <Field label="Email" name="email" type="email" autoComplete="email" required />
      {mutation.isError && <Notice kind="error">{describeError(mutation.error)}</Notice>}
      <Button type="submit" variant="primary" busy={mutation.isPending}>
        Send sign-in link
      </Button>
    </Form>
  );
}
