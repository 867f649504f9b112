import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useLocation } from 'wouter';
import { signOut } from '../auth/auth-actions.ts';
import { AuthPage } from '../auth/auth-page.tsx';
import { Button } from '../shared/button.tsx';
import { describeError } from '../shared/errors.ts';
import { Field, Notice } from '../shared/field.tsx';
import { Form, textOf } from '../shared/form.tsx';
import { showErrorToast } from '../shared/toast.tsx';
import { createFamily, familiesQuery, type Family, joinFamily } from '../model/family-queries.ts';
import { familyPath } from '../model/paths.ts';

/** For somebody without a family, and for everybody who wants another one. */
export function Welcome({ isFirst }: { isFirst: boolean }): ReactNode {
  const [joining, setJoining] = useState(false);
  const [, navigate] = useLocation();
  return (
    <AuthPage
      title={joining ? 'Join your family' : isFirst ? 'Start your family' : 'Start another family'}
      lead={
        joining
          ? 'Somebody in it can give you the invite code.'
          : 'Give it a name. You can invite everyone right after.'
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

/** Goes to a family that was just made or joined, with the list of families up to date before it opens. */
export function useEnterFamily(): (family: Family) => Promise<void> {
  const [, navigate] = useLocation();
  const queryClient = useQueryClient();
  return async (family) => {
    await queryClient.fetchQuery({ ...familiesQuery, staleTime: 0 });
    navigate(familyPath(family.id), { replace: true });
  };
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
