import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { changeEmail, changePassword, deleteAccount } from '../auth/auth-actions.ts';
import { DevInboxLink } from '../auth/dev-inbox-link.tsx';
import { NewPasswordField } from '../auth/new-password-field.tsx';
import { Button } from '../shared/button.tsx';
import { Dialog, DialogActions } from '../shared/dialog.tsx';
import { describeError } from '../shared/errors.ts';
import { Field, Notice } from '../shared/field.tsx';
import { passwordOf, textOf } from '../shared/form-values.ts';
import { Form } from '../shared/form.tsx';
import { PageSection } from '../shared/page.tsx';
import { PasswordField } from '../shared/password-field.tsx';
import { changeAvatar } from './avatar-requests.ts';

export function EmailSection({ email }: { email: string }): ReactNode {
  const change = useMutation({ mutationFn: changeEmail });
  return (
    <PageSection title="Email" text={`You sign in as ${email}.`}>
      <Form
        onSubmit={(values, form) =>
          change.mutate(
            { email, newEmail: textOf(values, 'email'), password: passwordOf(values, 'current') },
            { onSuccess: () => form.reset() },
          )
        }
      >
        <Field label="New email" name="email" type="email" autoComplete="email" required />
        <PasswordField label="Current password" name="current" autoComplete="current-password" required />
        {change.isError && <Notice kind="error">{describeError(change.error)}</Notice>}
        {change.isSuccess && (
          <Notice kind="info">
            We sent an email to the new and to the old address. Open both links to change it. <DevInboxLink />
          </Notice>
        )}
        <Button type="submit" busy={change.isPending}>
          Change email
        </Button>
      </Form>
    </PageSection>
  );
}

export function PasswordSection({ email }: { email: string }): ReactNode {
  const change = useMutation({ mutationFn: changePassword });
  return (
    <PageSection title="Password">
      <Form
        onSubmit={(values, form) =>
          change.mutate(
            { email, password: passwordOf(values, 'current'), newPassword: passwordOf(values, 'password') },
            { onSuccess: () => form.reset() },
          )
        }
      >
        <PasswordField label="Current password" name="current" autoComplete="current-password" required />
        <NewPasswordField hint="Changing it signs you out everywhere else." />
        {change.isError && <Notice kind="error">{describeError(change.error)}</Notice>}
        {change.isSuccess && <Notice kind="info">Your password has been changed.</Notice>}
        <Button type="submit" busy={change.isPending}>
          Change password
        </Button>
      </Form>
    </PageSection>
  );
}

export function DeleteAccountSection({ userId, email }: { userId: string; email: string }): ReactNode {
  const [isAsking, setIsAsking] = useState(false);
  const remove = useMutation({
    mutationFn: (password: string) =>
      deleteAccount({ email, password, beforeDeletion: () => changeAvatar({ userId, picture: null }) }),
  });
  return (
    <PageSection
      title="Delete your account"
      text="You leave your families. Your messages stay, without your name; a family that nobody else belongs to is deleted."
    >
      <Button variant="danger" onClick={() => setIsAsking(true)}>
        Delete account
      </Button>
      {isAsking && (
        <Dialog title="Delete your account?" onClose={() => setIsAsking(false)}>
          <Form onSubmit={(values) => remove.mutate(passwordOf(values, 'password'))}>
            <p>Your profile, your picture and your sign-in are deleted now. This cannot be undone.</p>
            <PasswordField
              label="Current password"
              name="password"
              autoComplete="current-password"
              required
            />
            {remove.isError && <Notice kind="error">{describeError(remove.error)}</Notice>}
            <DialogActions>
              <Button onClick={() => setIsAsking(false)}>Cancel</Button>
              <Button type="submit" variant="danger" busy={remove.isPending}>
                Delete my account
              </Button>
            </DialogActions>
          </Form>
        </Dialog>
      )}
    </PageSection>
  );
}
