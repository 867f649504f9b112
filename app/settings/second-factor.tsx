import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { supabase } from '../model/supabase.ts';
import { Button } from '../shared/button.tsx';
import { describeError } from '../shared/errors.ts';
import { Field, Notice } from '../shared/field.tsx';
import { textOf } from '../shared/form-values.ts';
import { Form } from '../shared/form.tsx';
import { PageSection } from '../shared/page.tsx';
import { showErrorToast, showToast } from '../shared/toast.ts';
import { type Enrollment, factorsQuery, startEnrollment } from './factors.ts';
import styles from './settings.module.css';

/** Turns two-factor authentication with an authenticator app on and off. */
export function SecondFactorSection({ factor }: { factor: { readonly id: string } | undefined }): ReactNode {
  const queryClient = useQueryClient();
  const [enrollment, setEnrollment] = useState<Enrollment | undefined>(undefined);
  const refetch = (): Promise<void> => queryClient.invalidateQueries({ queryKey: factorsQuery.queryKey });
  const begin = useMutation({
    mutationFn: startEnrollment,
    onSuccess: setEnrollment,
    onError: showErrorToast,
  });
  const remove = useMutation({
    mutationFn: async (factorId: string) => {
      const { error } = await supabase.auth.mfa.unenroll({ factorId });
      if (error) throw error;
      await supabase.auth.refreshSession();
    },
    onSuccess: refetch,
    onError: showErrorToast,
  });
  const finish = (): void => {
    setEnrollment(undefined);
    showToast('Two-factor authentication is on.');
    void refetch();
  };
  return (
    <PageSection
      title="Two-factor authentication"
      text="Require a code from an authenticator app when you sign in."
    >
      {factor ? (
        <Button variant="danger" busy={remove.isPending} onClick={() => remove.mutate(factor.id)}>
          Turn off two-factor authentication
        </Button>
      ) : enrollment ? (
        <EnrollmentForm enrollment={enrollment} onDone={finish} />
      ) : (
        <Button busy={begin.isPending} onClick={() => begin.mutate()}>
          Set up an authenticator app
        </Button>
      )}
    </PageSection>
  );
}

function EnrollmentForm({ enrollment, onDone }: { enrollment: Enrollment; onDone: () => void }): ReactNode {
  const verify = useMutation({
    mutationFn: async (code: string) => {
      const { error } = await supabase.auth.mfa.challengeAndVerify({ factorId: enrollment.factorId, code });
      if (error) throw error;
    },
    onSuccess: onDone,
  });
  return (
    <>
      <p>Scan this with your authenticator app, then enter the code it shows.</p>
      <img className={styles.qr} src={enrollment.qrCode} alt="QR code for the authenticator app" />
      <p>
        Or enter this key: <span className={styles.secret}>{enrollment.secret}</span>
      </p>
      <Form onSubmit={(values) => verify.mutate(textOf(values, 'code').replaceAll(' ', ''))}>
        <Field
          label="Code"
          name="code"
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={7}
          required
        />
        {verify.isError && <Notice kind="error">{describeError(verify.error)}</Notice>}
        <Button type="submit" variant="primary" busy={verify.isPending}>
          Turn on
        </Button>
      </Form>
    </>
  );
}
