import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { Button } from '../shared/button.tsx';
import { describeError } from '../shared/errors.ts';
import { Field, Notice } from '../shared/field.tsx';
import { passwordOf, textOf } from '../shared/form-values.ts';
import { Form } from '../shared/form.tsx';
import { signUp } from './auth-actions.ts';
import { AuthPage } from './auth-page.tsx';
import { DevInboxLink } from './dev-inbox-link.tsx';
import { NewPasswordField } from './new-password-field.tsx';

export default function SignUp(): ReactNode {
  const [, navigate] = useLocation();
  const mutation = useMutation({
    mutationFn: signUp,
    onSuccess: (isSignedIn) => isSignedIn && navigate('/', { replace: true }),
  });
  return (
    <AuthPage
      title="Create your account"
      lead="Next, start a family or join one with an invite code."
      links={<Link href="/">Already have an account? Sign in</Link>}
    >
      {mutation.data === false ? (
        <Notice kind="info">
          Almost there: open the link in the email we sent you. <DevInboxLink />
        </Notice>
      ) : (
        <Form
          onSubmit={(values) => {
            mutation.mutate({
              displayName: textOf(values, 'displayName'),
              email: textOf(values, 'email'),
              password: passwordOf(values, 'password'),
            });
          }}
        >
          <Field
            label="Your name"
            name="displayName"
            autoComplete="given-name"
            hint="What your family calls you."
            maxLength={40}
            required
          />
          <Field label="Email" name="email" type="email" autoComplete="email" required />
          <NewPasswordField label="Password" />
          {mutation.isError && <Notice kind="error">{describeError(mutation.error)}</Notice>}
          <Button type="submit" variant="primary" busy={mutation.isPending}>
            {mutation.isPending ? 'Creating…' : 'Create account'}
          </Button>
        </Form>
      )}
    </AuthPage>
  );
}
