import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Button } from '../shared/button.tsx';
import { describeError } from '../shared/errors.ts';
import { Field, Notice } from '../shared/field.tsx';
import { textOf } from '../shared/form-values.ts';
import { Form } from '../shared/form.tsx';
import { requestPasswordReset } from './auth-actions.ts';
import { AuthPage } from './auth-page.tsx';
import { DevInboxLink } from './dev-inbox-link.tsx';

/** Requests the email for a new password. The response is the same whether or not the account exists. */
export default function ForgotPassword(): ReactNode {
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
