import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useLocation } from 'wouter';
import { signOut } from '../auth/auth-actions.ts';
import { AuthPage } from '../auth/auth-page.tsx';
import { createFamily, joinFamily } from '../model/family-queries.ts';
import { Button } from '../shared/button.tsx';
import { describeError } from '../shared/errors.ts';
import { Field, Notice } from '../shared/field.tsx';
import { textOf } from '../shared/form-values.ts';
import { Form } from '../shared/form.tsx';
import { showErrorToast } from '../shared/toast.ts';
import { useEnterFamily } from './use-enter-family.ts';

/** Starts or joins a family: the first one (`isFirst`) or another one. */
export default function Welcome({ isFirst }: { isFirst: boolean }): ReactNode {
  const [joining, setJoining] = useState(false);
  const [, navigate] = useLocation();
  return (
    <AuthPage
      title={joining ? 'Join your family' : isFirst ? 'Start your family' : 'Start another family'}
      lead={
        joining
          ? 'Ask someone in your family for the invite code.'
          : 'Give it a name. You can invite everyone afterwards.'
      }
    >
      {joining ? <JoinForm /> : <CreateForm />}
      <Button variant="quiet" onClick={() => setJoining(!joining)}>
        {joining ? 'Start a new family instead' : 'I have an invite code'}
      </Button>
      {isFirst ? (
        <Button variant="quiet" onClick={() => void signOut('local').catch(showErrorToast)}>
          Sign out
        </Button>
      ) : (
        <Button variant="quiet" onClick={() => navigate('/')}>
          Back to your family
        </Button>
      )}
    </AuthPage>
  );
}

function CreateForm(): ReactNode {
  const enter = useEnterFamily();
  const mutation = useMutation({ mutationFn: createFamily, onSuccess: enter });
  return (
    <Form onSubmit={(values) => mutation.mutate(textOf(values, 'name'))}>
      <Field label="Name of your family" name="name" placeholder="The Millers" maxLength={60} required />
      {mutation.isError && <Notice kind="error">{describeError(mutation.error)}</Notice>}
      <Button type="submit" variant="primary" busy={mutation.isPending}>
        Create family
      </Button>
    </Form>
  );
}

function JoinForm(): ReactNode {
  const enter = useEnterFamily();
  const mutation = useMutation({ mutationFn: joinFamily, onSuccess: enter });
  return (
    <Form onSubmit={(values) => mutation.mutate(textOf(values, 'code'))}>
      <Field
        label="Invite code"
        name="code"
        placeholder="FAM11-YDEM0"
        autoComplete="off"
        autoCapitalize="characters"
        spellCheck={false}
        required
      />
      {mutation.isError && <Notice kind="error">{describeError(mutation.error)}</Notice>}
      <Button type="submit" variant="primary" busy={mutation.isPending}>
        Join family
      </Button>
    </Form>
  );
}
