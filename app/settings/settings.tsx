import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type CSSProperties, type ReactNode, useState } from 'react';
import { useLocation } from 'wouter';
import { changePassword, MIN_PASSWORD_LENGTH, signOut } from '../auth/auth-actions.ts';
import { useUser } from '../auth/session.tsx';
import { Avatar, personColor } from '../shared/avatar.tsx';
import { Button, IconButton } from '../shared/button.tsx';
import { describeError } from '../shared/errors.ts';
import { Field, Notice } from '../shared/field.tsx';
import { Form, passwordOf, textOf } from '../shared/form.tsx';
import pageStyles from '../shared/page.module.css';
import { Page, PageSection } from '../shared/page.tsx';
import { Failure, Loading } from '../shared/state.tsx';
import { showErrorToast } from '../shared/toast.tsx';
import { useTitle } from '../shared/use-title.ts';
import { PictureSection } from './picture-section.tsx';
import { COLORS, type Profile, profileQuery, saveProfile } from './profile.ts';
import { SecondFactorSection } from './second-factor.tsx';
import styles from './settings.module.css';
import { readTheme, setTheme, type Theme } from './theme.ts';

export default function Settings(): ReactNode {
  const user = useUser();
  const [, navigate] = useLocation();
  const profile = useQuery(profileQuery(user.id));
  useTitle('Your settings');
  return (
    <Page
      title="Your settings"
      lead={<IconButton icon="arrowLeft" label="Back to the chat" onClick={() => navigate('/')} />}
    >
      {profile.isPending ? (
        <Loading />
      ) : profile.isError ? (
        <Failure error={profile.error} onRetry={() => void profile.refetch()} />
      ) : (
        <>
          <PictureSection profile={profile.data} />
          <ProfileSection profile={profile.data} />
        </>
      )}
      <ThemeSection />
      <PasswordSection />
      <SecondFactorSection />
      <SignOutSection email={user.email ?? ''} />
    </Page>
  );
}

function ProfileSection({ profile }: { profile: Profile }): ReactNode {
  const queryClient = useQueryClient();
  const save = useMutation({
    mutationFn: saveProfile,
    onSuccess: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: ['profile'] }),
        queryClient.invalidateQueries({ queryKey: ['members'] }),
      ]),
  });
  return (
    <PageSection title="How your family sees you">
      <Form
        onSubmit={(values) =>
          save.mutate({ userId: profile.id, name: textOf(values, 'name'), color: textOf(values, 'color') })
        }
      >
        <Field label="Your name" name="name" defaultValue={profile.display_name} maxLength={40} required />
        <fieldset className={styles['colors']}>
          <legend>Your colour</legend>
          {COLORS.map((color) => (
            <label
              key={color}
              className={styles['color']}
              style={{ '--person': personColor(color) } as CSSProperties}
              title={color}
            >
              <input
                type="radio"
                name="color"
                value={color}
                defaultChecked={color === profile.color}
                aria-label={color}
              />
              <Avatar name={profile.display_name} color={color} />
            </label>
          ))}
        </fieldset>
        {save.isError && <Notice kind="error">{describeError(save.error)}</Notice>}
        {save.isSuccess && <Notice kind="info">Saved.</Notice>}
        <Button type="submit" variant="primary" busy={save.isPending}>
          Save
        </Button>
      </Form>
    </PageSection>
  );
}

const THEMES: readonly { readonly value: Theme; readonly label: string }[] = [
  { value: 'system', label: 'As the device' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

function ThemeSection(): ReactNode {
  const [theme, setCurrent] = useState(readTheme);
  return (
    <PageSection title="Appearance">
      <fieldset className={styles['themes']}>
        <legend className="visually-hidden">Appearance</legend>
        {THEMES.map(({ value, label }) => (
          <label key={value}>
            <input
              type="radio"
              name="theme"
              checked={theme === value}
              onChange={() => {
                setTheme(value);
                setCurrent(value);
              }}
            />
            {label}
          </label>
        ))}
      </fieldset>
    </PageSection>
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
      <div className={pageStyles['row']}>
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
