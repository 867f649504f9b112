import { useQuery } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense, useEffect, useRef, useState } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { channelsQuery, type Channel } from '../channels/channel-queries.ts';
import { ChannelView } from '../channels/channel-view.tsx';
import { FamilyLiveProvider } from '../live/family-live.tsx';
import { Empty, Failure, Loading } from '../shared/state.tsx';
import { familiesQuery, type Family, membersQuery } from './family-queries.ts';
import styles from './family-shell.module.css';
import { lastChannelId } from './last-visited.ts';
import { channelPath } from './paths.ts';
import { Sidebar } from './sidebar.tsx';

const FamilySettings = lazy(() => import('./family-settings.tsx'));
const SearchDialog = lazy(() => import('../messages/search-dialog.tsx'));

/** All that happens inside one family: the connection, the side bar and the screen beside it. */
export function FamilyShell({ familyId }: { familyId: string }): ReactNode {
  const families = useQuery(familiesQuery);
  if (families.isPending) return <Loading page />;
  if (families.isError) return <Failure error={families.error} onRetry={() => void families.refetch()} />;
  const family = families.data.find((other) => other.id === familyId);
  // Not one's own, or not any more.
  if (!family) return <Redirect to="/" replace />;
  return (
    <FamilyLiveProvider key={familyId} familyId={familyId}>
      <FamilyScreens family={family} />
    </FamilyLiveProvider>
  );
}

function FamilyScreens({ family }: { family: Family }): ReactNode {
  const channels = useQuery(channelsQuery(family.id));
  const members = useQuery(membersQuery(family.id));
  const [isSearching, setIsSearching] = useState(false);
  const drawer = useDrawer();
  if (channels.isPending || members.isPending) return <Loading page />;
  const failed = channels.isError ? channels : members.isError ? members : undefined;
  if (failed && !channels.data) return <Failure error={failed.error} onRetry={() => void failed.refetch()} />;
  const { data: channelList = [] } = channels;
  const { data: memberList = [] } = members;
  return (
    <div className={styles['shell']}>
      <div ref={drawer.ref} className={`${styles['drawer']} ${drawer.isOpen ? styles['open'] : ''}`}>
        <Sidebar family={family} channels={channelList} members={memberList} />
      </div>
      {drawer.isOpen && (
        <button
          type="button"
          className={styles['backdrop']}
          aria-label="Close the channel list"
          onClick={drawer.close}
        />
      )}
      <Switch>
        <Route path="/family/:familyId/channel/:channelId">
          {({ channelId }) => {
            const channel = channelList.find((other) => other.id === channelId);
            if (!channel) return <MissingChannel family={family} channels={channelList} />;
            return (
              <ChannelView
                key={channel.id}
                family={family}
                channel={channel}
                members={memberList}
                onOpenMenu={drawer.open}
                onOpenSearch={() => setIsSearching(true)}
              />
            );
          }}
        </Route>
        <Route path="/family/:familyId/settings">
          <Suspense fallback={<Loading />}>
            <FamilySettings family={family} members={memberList} onOpenMenu={drawer.open} />
          </Suspense>
        </Route>
        <Route>
          <MissingChannel family={family} channels={channelList} />
        </Route>
      </Switch>
      {isSearching && (
        <Suspense>
          <SearchDialog
            family={family}
            channels={channelList}
            members={memberList}
            onClose={() => setIsSearching(false)}
          />
        </Suspense>
      )}
    </div>
  );
}

/** Leads to the channel where the person was last, otherwise to the first one. */
function MissingChannel({ family, channels }: { family: Family; channels: readonly Channel[] }): ReactNode {
  const last = lastChannelId(family.id);
  const channel = channels.find((other) => other.id === last) ?? channels.find((c) => c.archived_at === null);
  if (!channel) return <Empty title="No channels yet">Create the first one in the side bar.</Empty>;
  return <Redirect to={channelPath(family.id, channel.id)} replace />;
}

interface Drawer {
  readonly ref: React.RefObject<HTMLDivElement | null>;
  readonly isOpen: boolean;
  open(): void;
  close(): void;
}

/** The side bar on a narrow screen: takes the focus when it opens, closes on Escape and on going somewhere. */
function useDrawer(): Drawer {
  const ref = useRef<HTMLDivElement>(null);
  const opener = useRef<Element | null>(null);
  const [isOpen, setIsOpen] = useState(false);
  const [location] = useLocation();
  useEffect(() => setIsOpen(false), [location]);
  useEffect(() => {
    if (!isOpen) return;
    opener.current = document.activeElement;
    ref.current?.querySelector<HTMLElement>('a, button')?.focus();
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') setIsOpen(false);
    };
    document.addEventListener('keydown', onKeyDown);
    return () => {
      document.removeEventListener('keydown', onKeyDown);
      if (opener.current instanceof HTMLElement) opener.current.focus();
    };
  }, [isOpen]);
  return { ref, isOpen, open: () => setIsOpen(true), close: () => setIsOpen(false) };
}
