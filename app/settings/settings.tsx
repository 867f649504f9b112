import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useUser } from '../auth/session.ts';
import { Page } from '../shared/page.tsx';
import { Failure, Loading } from '../shared/state.tsx';
import { useTitle } from '../shared/use-title.ts';
import { DeleteAccountSection, EmailSection, PasswordSection } from './account-sections.tsx';
import { factorsQuery } from './factors.ts';
import { PictureSection } from './picture-section.tsx';
import { ProfileSection } from './profile-section.tsx';
import { profileQuery } from './profile.ts';
import { SecondFactorSection } from './second-factor.tsx';
import { SessionsSection } from './sessions-section.tsx';
import { sessionsQuery } from './sessions.ts';
import { ThemeSection } from './theme-section.tsx';

/** The user's own settings. @param lead buttons before the title */
export default function Settings({ lead }: { lead: ReactNode }): ReactNode {
  const user = useUser();
  const email = user.email ?? '';
  const profile = useQuery(profileQuery(user.id));
  const factors = useQuery(factorsQuery);
  const sessions = useQuery(sessionsQuery);
  const failed = profile.isError ? profile : factors.isError ? factors : undefined;
  useTitle('Your settings');
  return (
    <Page title="Your settings" lead={lead}>
      {/* Shown all at once, so that sections do not push each other around while they load. */}
      {failed ? (
        <>
          <Failure error={failed.error} onRetry={() => void failed.refetch()} />
          <SessionsSection email={email} sessions={sessions} />
        </>
      ) : profile.data && factors.data && !sessions.isPending ? (
        <>
          <PictureSection profile={profile.data} />
          <ProfileSection profile={profile.data} />
          <ThemeSection />
          <EmailSection email={email} />
          <PasswordSection email={email} />
          <SecondFactorSection factor={factors.data[0]} />
          <SessionsSection email={email} sessions={sessions} />
          <DeleteAccountSection userId={user.id} email={email} />
        </>
      ) : (
        <Loading />
      )}
    </Page>
  );
}
