import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { Button } from '../shared/button.tsx';
import { describeError } from '../shared/errors.ts';
import { Field, Notice } from '../shared/field.tsx';
import { passwordOf, textOf } from '../shared/form-values.ts';
import { Form } from '../shared/form.tsx';
import { PasswordField } from '../shared/password-field.tsx';
import { showToast } from '../shared/toast.ts';
import { MIN_PASSWORD_LENGTH, requestPasswordReset, resetPassword } from './auth-actions.ts';
import { AuthPage } from './auth-page.tsx';
import { DevInboxLink } from './dev-inbox-link.tsx';

/** Step 1: request the email. The response is the same whether or not the account exists. */
export function ForgotPassword(): ReactNode {
  const mutation = useMutation({ mutationFn: requestPasswordReset });
  return (
    <AuthPage
      title="Forgot your password?"
      lead="We will email you a link to choose a new one."
      links={<Link href="/">Back to sign in</Link>}
    >
      {mutation.isSuccess ? (
        <Notice kind="info">
          If there is an account with this address, an email is on its way. Open its link in this browser.{' '}
          <DevInboxLink />
        </Notice>
      ) : (
        <Form onSubmit={(values) => mutation.mutate(textOf(values, 'email'))}>
          <Field label="Email" name="email" type="email" autoComplete="email" required />
          {mutation.isError && <Notice kind="error">{describeError(mutation.error)}</Notice>}
          <Button type="submit" variant="primary" busy={mutation.isPending}>
            Send reset link
          </Button>
        </Form>
      )}
    </AuthPage>
  );
}

/** Step 2: the link in the email signs the person in and opens this page. */
export function ResetPassword(): ReactNode {
  const [, navigate] = useLocation();
  const mutation = useMutation({
    mutationFn: resetPassword,
    onSuccess: () => {
      showToast('Your password has been changed.');
      navigate('/', { replace: true });
    },
  });
  return (
    <AuthPage title="Choose a new password">
      <Form
        onSubmit={(values) => {
          mutation.mutate(passwordOf(values, 'password'));
        }}
      >
        <PasswordField
          label="New password"
          name="password"
          autoComplete="new-password"
          hint={`At least ${MIN_PASSWORD_LENGTH} characters.`}
          minLength={MIN_PASSWORD_LENGTH}
          maxLength={72}
          required
        />
        {mutation.isError && <Notice kind="error">{describeError(mutation.error)}</Notice>}
        <Button type="submit" variant="primary" busy={mutation.isPending}>
          Save
        </Button>
      </Form>
    </AuthPage>
  );
}
