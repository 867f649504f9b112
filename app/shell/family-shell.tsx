import { useQuery } from '@tanstack/react-query';
import { type ReactNode, type RefObject, Suspense, useCallback, useEffect, useRef, useState } from 'react';
import { Redirect, Route, Switch, useLocation, useRoute } from 'wouter';
import { channelsQuery, type Channel } from '../model/channel-queries.ts';
import { familiesQuery, type Family, membersQuery } from '../model/family-queries.ts';
import { lastChannelId } from '../model/last-visited.ts';
import { channelPath } from '../model/paths.ts';
import { SearchDialog } from '../search/search-dialog.tsx';
import { lazyScreen } from '../shared/lazy-screen.ts';
import { Empty, Failure, Loading } from '../shared/state.tsx';
import { ChannelView } from './channel-view.tsx';
import { FamilyLiveProvider } from './family-live-provider.tsx';
import styles from './family-shell.module.css';
import { Sidebar } from './sidebar.tsx';
import { useSearch } from './use-search.ts';
import { useUnreadSign } from './use-unread-sign.ts';

const FamilySettings = lazyScreen(() => import('./family-settings.tsx'));
const YourSettings = lazyScreen(() => import('./your-settings.tsx'));

const NO_CHANNELS: readonly Channel[] = [];

/** Everything inside one family: the live connection, the sidebar and the current screen. */
export default function FamilyShell({ familyId }: { familyId: string }): ReactNode {
  const families = useQuery(familiesQuery);
  if (families.isPending) return <Loading page />;
  if (families.isError) return <Failure error={families.error} onRetry={() => void families.refetch()} />;
  const family = families.data.find((other) => other.id === familyId);
  // Not, or no longer, a member.
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
  const [, params] = useRoute('/family/:familyId/channel/:channelId');
  const search = useSearch(channels.data?.find((channel) => channel.id === params?.channelId)?.name);
  const unread = useUnreadSign(family.id, channels.data ?? NO_CHANNELS);
  const drawerElement = useRef<HTMLDivElement>(null);
  const drawer = useDrawer(drawerElement);
  if (channels.isPending || members.isPending) return <Loading page />;
  const failed = channels.isError ? channels : members.isError ? members : undefined;
  if (failed && !channels.data) return <Failure error={failed.error} onRetry={() => void failed.refetch()} />;
  const { data: channelList = [] } = channels;
  const { data: memberList = [] } = members;
  return (
    <div className={styles.shell}>
      {/* A link to the current screen does not navigate, so that a click on it has to close the drawer too. */}
      {/* oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions */}
      <div
        ref={drawerElement}
        className={`${styles.drawer} ${drawer.isOpen ? styles.open : ''}`}
        onClick={({ target }) => {
          if (target instanceof Element && target.closest('a')) drawer.close();
        }}
      >
        <Sidebar family={family} channels={channelList} members={memberList} />
      </div>
      {drawer.isOpen && (
        <button
          type="button"
          className={styles.backdrop}
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
                unread={unread}
                onOpenMenu={drawer.open}
                onOpenSearch={search.open}
              />
            );
          }}
        </Route>
        <Route path="/family/:familyId/settings">
          <Suspense fallback={<Loading />}>
            <FamilySettings family={family} members={memberList} unread={unread} onOpenMenu={drawer.open} />
          </Suspense>
        </Route>
        <Route path="/family/:familyId/you">
          <Suspense fallback={<Loading />}>
            <YourSettings family={family} unread={unread} onOpenMenu={drawer.open} />
          </Suspense>
        </Route>
        <Route>
          <MissingChannel family={family} channels={channelList} />
        </Route>
      </Switch>
      {search.text !== undefined && (
        <SearchDialog
          family={family}
          channels={channelList}
          members={memberList}
          initialText={search.text}
          onClose={search.close}
        />
      )}
    </div>
  );
}

/** Redirects to the channel visited last, otherwise to the first one. */
function MissingChannel({ family, channels }: { family: Family; channels: readonly Channel[] }): ReactNode {
  const last = lastChannelId(family.id);
  const channel = channels.find((other) => other.id === last) ?? channels.find((c) => c.archived_at === null);
  if (!channel) return <Empty title="No channels yet">Create the first one in the sidebar.</Empty>;
  return <Redirect to={channelPath(family.id, channel.id)} replace />;
}

interface Drawer {
  readonly isOpen: boolean;
  readonly open: () => void;
  readonly close: () => void;
}

/** The sidebar on a narrow screen: takes the focus when it opens, closes on Escape and on navigation. */
function useDrawer(element: RefObject<HTMLElement | null>): Drawer {
  const [location] = useLocation();
  // Open only at the location where it was opened, so that navigation closes it.
  const [openedOn, setOpenedOn] = useState<string | undefined>(undefined);
  const isOpen = openedOn === location;
  const close = useCallback(() => setOpenedOn(undefined), []);
  useEffect(() => {
    if (!isOpen) return undefined;
    const opener = document.activeElement;
    element.current?.querySelector<HTMLElement>('a, button')?.focus();
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') close();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => {
      document.removeEventListener('keydown', onKeyDown);
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, [isOpen, element, close]);
  return { isOpen, open: () => setOpenedOn(location), close };
}
