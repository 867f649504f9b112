import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useUser } from '../auth/session.ts';
import { type Channel, channelsQuery, setChannelArchived } from '../model/channel-queries.ts';
import type { Family } from '../model/family-queries.ts';
import type { Member } from '../model/member.ts';
import { NotificationMenu } from '../notifications/notification-menu.tsx';
import { IconButton } from '../shared/button.tsx';
import { Popover, PopoverItem } from '../shared/popover.tsx';
import { showErrorToast } from '../shared/toast.ts';
import { ChannelDialog } from './channel-dialog.tsx';
import styles from './channel-view.module.css';
import { ConnectionBadge } from './connection-badge.tsx';
import { MenuButton } from './menu-button.tsx';

interface ChannelHeaderProps {
  family: Family;
  channel: Channel;
  members: readonly Member[];
  /** Unread messages in all channels. */
  unread: number;
  onOpenMenu: () => void;
  onOpenSearch: () => void;
}

export function ChannelHeader(props: ChannelHeaderProps): ReactNode {
  const { family, channel, members, unread, onOpenMenu, onOpenSearch } = props;
  const userId = useUser().id;
  const queryClient = useQueryClient();
  const [isEditing, setIsEditing] = useState(false);
  const archive = useMutation({
    mutationFn: setChannelArchived,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: channelsQuery(family.id).queryKey }),
    onError: showErrorToast,
  });
  const isArchived = channel.archived_at !== null;
  const isOwner = members.some((member) => member.id === userId && member.role === 'owner');
  return (
    <header className={styles.header}>
      <MenuButton unread={unread} onOpen={onOpenMenu} />
      <div className={styles.titles}>
        <h1 className={styles.name}>
          <span className={styles.hash}># </span>
          {channel.name}
        </h1>
        {channel.description !== '' && <p className={styles.description}>{channel.description}</p>}
      </div>
      <ConnectionBadge />
      <NotificationMenu channelId={channel.id} />
      <IconButton icon="search" label="Search" onClick={() => onOpenSearch()} />
      {(isOwner || channel.created_by === userId) && (
        <Popover
          label="Channel"
          align="end"
          renderTrigger={(trigger) => <IconButton icon="more" label="Channel settings" {...trigger} />}
        >
          {(close) => (
            <>
              <PopoverItem
                icon="edit"
                onSelect={() => {
                  close();
                  setIsEditing(true);
                }}
              >
                Edit name and description
              </PopoverItem>
              <PopoverItem
                icon="archive"
                onSelect={() => {
                  close();
                  archive.mutate({ channelId: channel.id, archived: !isArchived });
                }}
              >
                {isArchived ? 'Unarchive' : 'Archive'}
              </PopoverItem>
            </>
          )}
        </Popover>
      )}
      {isEditing && (
        <ChannelDialog familyId={family.id} channel={channel} onClose={() => setIsEditing(false)} />
      )}
    </header>
  );
}
