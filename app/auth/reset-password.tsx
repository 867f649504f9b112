import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { Button } from '../shared/button.tsx';
import { describeError } from '../shared/errors.ts';
import { Notice } from '../shared/field.tsx';
import { passwordOf } from '../shared/form-values.ts';
import { Form } from '../shared/form.tsx';
import { showToast } from '../shared/toast.ts';
import { resetPassword } from './auth-actions.ts';
import { AuthPage } from './auth-page.tsx';
import { NewPasswordField } from './new-password-field.tsx';

/** Sets a new password. The link in the email signs the person in and opens this page. */
export default function ResetPassword(): ReactNode {
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
        <NewPasswordField />
        {mutation.isError && <Notice kind="error">{describeError(mutation.error)}</Notice>}
        <Button type="submit" variant="primary" busy={mutation.isPending}>
          Save
        </Button>
      </Form>
    </AuthPage>
  );
}
