import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useUser } from '../auth/session.ts';
import { Avatar } from '../images/avatar.tsx';
import type { Channel } from '../model/channel-queries.ts';
import type { Family } from '../model/family-queries.ts';
import type { Member } from '../model/member.ts';
import { yourSettingsPath } from '../model/paths.ts';
import buttonStyles from '../shared/button.module.css';
import { Icon } from '../shared/icon.tsx';
import { ChannelList } from './channel-list.tsx';
import { FamilySwitcher } from './family-switcher.tsx';
import { InviteHint } from './invite-hint.tsx';
import { PeopleList } from './people-list.tsx';
import styles from './sidebar.module.css';

interface SidebarProps {
  family: Family;
  channels: readonly Channel[];
  members: readonly Member[];
}

export function Sidebar({ family, channels, members }: SidebarProps): ReactNode {
  const userId = useUser().id;
  const me = members.find((member) => member.id === userId);
  const isAlone = members.filter((member) => !member.hasLeft).length === 1;
  return (
    <aside className={styles.sidebar} aria-label={family.name}>
      <div className={styles.top}>
        <FamilySwitcher family={family} />
      </div>
      <div className={styles.lists}>
        <ChannelList familyId={family.id} channels={channels} />
        <PeopleList members={members} channels={channels} />
        {isAlone && <InviteHint family={family} />}
      </div>
      <div className={styles.me}>
        <Avatar name={me?.name ?? ''} color={me?.color} picture={me?.avatarPath} size={32} />
        <span className={styles.myName}>{me?.name}</span>
        <Link
          href={yourSettingsPath(family.id)}
          className={buttonStyles.icon ?? ''}
          aria-label="Your settings"
          title="Your settings"
        >
          <Icon name="settings" />
        </Link>
      </div>
    </aside>
  );
}
