import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { supabase } from '../model/supabase.ts';
import { Button } from '../shared/button.tsx';
import { describeError } from '../shared/errors.ts';
import { Field, Notice } from '../shared/field.tsx';
import { textOf } from '../shared/form-values.ts';
import { Form } from '../shared/form.tsx';
import { Failure, Loading } from '../shared/state.tsx';
import { showErrorToast } from '../shared/toast.ts';
import { signOut } from './auth-actions.ts';
import { AuthPage } from './auth-page.tsx';
import { useSession } from './session.ts';

/**
 * Asks for the code of the authenticator app before anything else, if the user has set up two-factor
 * authentication. The database enforces it too (private.is_session_strong_enough): without this page, every list
 * would be empty.
 */
export function SecondFactorGate({ children }: { children: ReactNode }): ReactNode {
  const session = useSession();
  const token = session.status === 'signed-in' ? session.session.access_token : '';
  const assurance = useQuery({
    queryKey: ['assurance', token],
    queryFn: async () => {
      const { data, error } = await supabase.auth.mfa.getAuthenticatorAssuranceLevel();
      if (error) throw error;
      return data.nextLevel === 'aal2' && data.currentLevel !== 'aal2';
    },
    staleTime: Number.POSITIVE_INFINITY,
    // When the token is refreshed, the check does not hide the open screen.
    placeholderData: keepPreviousData,
  });
  if (assurance.isPending) return <Loading page />;
  if (assurance.isError) return <Failure error={assurance.error} onRetry={() => void assurance.refetch()} />;
  return assurance.data ? <SecondFactorForm /> : children;
}

async function verifyCode(code: string): Promise<void> {
  const factors = await supabase.auth.mfa.listFactors();
  if (factors.error) throw factors.error;
  const factor = factors.data.totp[0];
  if (!factor) throw new Error('No authenticator app is set up for this account.');
  const { error } = await supabase.auth.mfa.challengeAndVerify({ factorId: factor.id, code });
  if (error) throw error;
}

function SecondFactorForm(): ReactNode {
  const mutation = useMutation({ mutationFn: verifyCode });
  return (
    <AuthPage title="Two-factor authentication" lead="Enter the code from your authenticator app.">
      <Form onSubmit={(values) => mutation.mutate(textOf(values, 'code').replaceAll(' ', ''))}>
        <Field
          label="Code"
          name="code"
          inputMode="numeric"
          autoComplete="one-time-code"
          pattern="[0-9 ]{6,7}"
          maxLength={7}
          required
        />
        {mutation.isError && <Notice kind="error">{describeError(mutation.error)}</Notice>}
        <Button type="submit" variant="primary" busy={mutation.isPending}>
          Continue
        </Button>
      </Form>
      <Button variant="quiet" onClick={() => void signOut('local').catch(showErrorToast)}>
        Sign out
      </Button>
    </AuthPage>
  );
}
