import { useMutation, type UseQueryResult, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { signOut } from '../auth/auth-actions.ts';
import { Button } from '../shared/button.tsx';
import { describeError } from '../shared/errors.ts';
import { Notice } from '../shared/field.tsx';
import { formatFull, formatShort } from '../shared/format-time.ts';
import { Icon } from '../shared/icon.tsx';
import pageStyles from '../shared/page.module.css';
import { PageSection } from '../shared/page.tsx';
import { showErrorToast, showToast } from '../shared/toast.ts';
import { describeDevice } from './describe-device.ts';
import { sessionsQuery, type UserSession } from './sessions.ts';
import styles from './settings.module.css';

interface SessionsSectionProps {
  email: string;
  sessions: UseQueryResult<readonly UserSession[]>;
}

/** Where the user is signed in, and signing out there or here. */
export function SessionsSection({ email, sessions }: SessionsSectionProps): ReactNode {
  const queryClient = useQueryClient();
  const leave = useMutation({ mutationFn: signOut, onError: showErrorToast });
  const endOthers = (): void =>
    leave.mutate('others', {
      onSuccess: () => {
        showToast('You are signed in on this device only.');
        void queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey });
      },
    });
  return (
    <PageSection title="Where you are signed in" text={`As ${email}.`}>
      {sessions.isError && <Notice kind="error">{describeError(sessions.error)}</Notice>}
      <ul className={`${pageStyles.people} ${styles.sessions}`}>
        {sessions.data?.map((session) => (
          <SessionRow key={session.id} session={session} />
        ))}
      </ul>
      <div className={pageStyles.row}>
        <Button busy={leave.isPending} onClick={() => leave.mutate('local')}>
          Sign out
        </Button>
        {(sessions.data?.length ?? 0) > 1 && (
          <Button variant="danger" busy={leave.isPending} onClick={endOthers}>
            Sign out everywhere else
          </Button>
        )}
      </div>
    </PageSection>
  );
}

function SessionRow({ session }: { session: UserSession }): ReactNode {
  const { is_current: isCurrent, user_agent: userAgent, ip, created_at: since, last_used_at: used } = session;
  return (
    <li className={pageStyles.person}>
      <Icon name={/Mobile|iPhone|Android/.test(userAgent) ? 'phone' : 'computer'} />
      <span className={pageStyles.personName} title={`${userAgent}\nSince ${formatFull(since)}`}>
        {describeDevice(userAgent)}
        <span className={styles.used}>
          {ip}, {isCurrent ? 'now' : formatShort(used)}
        </span>
      </span>
      {isCurrent && <span className={pageStyles.role}>This device</span>}
    </li>
  );
}
