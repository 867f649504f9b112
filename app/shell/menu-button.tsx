import type { ReactNode } from 'react';
import { IconButton } from '../shared/button.tsx';
import styles from './menu-button.module.css';

interface MenuButtonProps {
  /** Unread messages in all channels. */
  unread: number;
  onOpen: () => void;
}

/** On a narrow screen, opens the sidebar; a dot says that there are unread messages. */
export function MenuButton({ unread, onOpen }: MenuButtonProps): ReactNode {
  const label = unread === 0 ? 'Channels and people' : `Channels and people, ${unread} unread`;
  return (
    <span className={`narrow-only ${styles.menu} ${unread > 0 ? styles.hasUnread : ''}`}>
      <IconButton icon="menu" label={label} onClick={onOpen} />
    </span>
  );
}
