import { useMutation, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { changePassword, MIN_PASSWORD_LENGTH, signOut } from '../auth/auth-actions.ts';
import { useUser } from '../auth/session.ts';
import { Button, IconButton } from '../shared/button.tsx';
import { describeError } from '../shared/errors.ts';
import { Field, Notice } from '../shared/field.tsx';
import { passwordOf } from '../shared/form-values.ts';
import { Form } from '../shared/form.tsx';
import pageStyles from '../shared/page.module.css';
import { Page, PageSection } from '../shared/page.tsx';
import { Failure, Loading } from '../shared/state.tsx';
import { showErrorToast } from '../shared/toast.ts';
import { useTitle } from '../shared/use-title.ts';
import { factorsQuery } from './factors.ts';
import { PictureSection } from './picture-section.tsx';
import { ProfileSection } from './profile-section.tsx';
import { profileQuery } from './profile.ts';
import { SecondFactorSection } from './second-factor.tsx';
import { ThemeSection } from './theme-section.tsx';

export default function Settings(): ReactNode {
  const user = useUser();
  const [, navigate] = useLocation();
  const profile = useQuery(profileQuery(user.id));
  const factors = useQuery(factorsQuery);
  const failed = profile.isError ? profile : factors.isError ? factors : undefined;
  useTitle('Your settings');
  return (
    <Page
      title="Your settings"
      lead={<IconButton icon="arrowLeft" label="Back to chat" onClick={() => navigate('/')} />}
    >
      {/* Shown all at once, so that sections do not push each other around while they load. */}
      {failed ? (
        <>
          <Failure error={failed.error} onRetry={() => void failed.refetch()} />
          <SignOutSection email={user.email ?? ''} />
        </>
      ) : profile.data && factors.data ? (
        <>
          <PictureSection profile={profile.data} />
          <ProfileSection profile={profile.data} />
          <ThemeSection />
          <PasswordSection />
          <SecondFactorSection factor={factors.data[0]} />
          <SignOutSection email={user.email ?? ''} />
        </>
      ) : (
        <Loading />
      )}
    </Page>
  );
}

function PasswordSection(): ReactNode {
  const change = useMutation({ mutationFn: changePassword });
  return (
    <PageSection title="Password">
      <Form
        onSubmit={(values, form) =>
          change.mutate(passwordOf(values, 'password'), { onSuccess: () => form.reset() })
        }
      >
        <Field
          label="New password"
          name="password"
          type="password"
          autoComplete="new-password"
          minLength={MIN_PASSWORD_LENGTH}
          maxLength={72}
          hint="Changing it signs you out everywhere else."
          required
        />
        {change.isError && <Notice kind="error">{describeError(change.error)}</Notice>}
        {change.isSuccess && <Notice kind="info">Your password has been changed.</Notice>}
        <Button type="submit" busy={change.isPending}>
          Change password
        </Button>
      </Form>
    </PageSection>
  );
}

function SignOutSection({ email }: { email: string }): ReactNode {
  const mutation = useMutation({ mutationFn: signOut, onError: showErrorToast });
  return (
    <PageSection title="Sign out" text={`You are signed in as ${email}.`}>
      <div className={pageStyles.row}>
        <Button busy={mutation.isPending} onClick={() => mutation.mutate('local')}>
          Sign out
        </Button>
        <Button variant="danger" busy={mutation.isPending} onClick={() => mutation.mutate('global')}>
          Sign out on all devices
        </Button>
      </div>
    </PageSection>
  );
}
