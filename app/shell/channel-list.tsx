import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Link, useRoute } from 'wouter';
import type { Channel } from '../model/channel-queries.ts';
import { channelPath } from '../model/paths.ts';
import { countUnread, progressQuery } from '../model/unread.ts';
import { IconButton } from '../shared/button.tsx';
import { Icon } from '../shared/icon.tsx';
import { ChannelDialog } from './channel-dialog.tsx';
import styles from './sidebar.module.css';

interface ChannelListProps {
  familyId: string;
  channels: readonly Channel[];
}

export function ChannelList({ familyId, channels }: ChannelListProps): ReactNode {
  const [isCreating, setIsCreating] = useState(false);
  const open = channels.filter((channel) => channel.archived_at === null);
  const archived = channels.filter((channel) => channel.archived_at !== null);
  return (
    <nav aria-label="Channels">
      <div className={styles.heading}>
        <h2>Channels</h2>
        <IconButton icon="plus" label="New channel" size="small" onClick={() => setIsCreating(true)} />
      </div>
      <ul className={styles.list}>
        {open.map((channel) => (
          <ChannelLink key={channel.id} channel={channel} />
        ))}
      </ul>
      {archived.length > 0 && (
        <details className={styles.archived}>
          <summary>Archived ({archived.length})</summary>
          <ul className={styles.list}>
            {archived.map((channel) => (
              <ChannelLink key={channel.id} channel={channel} />
            ))}
          </ul>
        </details>
      )}
      {isCreating && <ChannelDialog familyId={familyId} onClose={() => setIsCreating(false)} />}
    </nav>
  );
}

function ChannelLink({ channel }: { channel: Channel }): ReactNode {
  const path = channelPath(channel.family_id, channel.id);
  const [isCurrent] = useRoute(path);
  const { data: progress } = useQuery(progressQuery(channel.family_id));
  const unread = countUnread(progress?.[channel.id]);
  return (
    <li>
      <Link href={path} className={styles.link ?? ''} aria-current={isCurrent ? 'page' : undefined}>
        <Icon name={channel.archived_at === null ? 'hash' : 'archive'} size={16} />
        <span className={`${styles.linkName} ${unread > 0 ? styles.hasUnread : ''}`}>{channel.name}</span>
        {unread > 0 && (
          <span className={styles.count}>
            {unread > 99 ? '99+' : unread}
            <span className="visually-hidden"> unread</span>
          </span>
        )}
      </Link>
    </li>
  );
}
