import type { ReactNode } from 'react';
import type { ConnectionState } from '../live/connection-state.ts';
import styles from './connection-badge.module.css';
import { useFamilyLive } from './family-live.ts';

const APPEARANCE: Readonly<Record<ConnectionState, { style: string; label: string; title: string }>> = {
  connecting: { style: 'waiting', label: 'Connecting…', title: 'Connecting to your family' },
  live: { style: 'live', label: 'Connected', title: 'New messages arrive at once' },
  reconnecting: {
    style: 'waiting',
    label: 'Reconnecting…',
    title: 'The connection was lost; nothing is missed, it is caught up with afterwards',
  },
  polling: {
    style: 'waiting',
    label: 'Checking every 5 s',
    title: 'There is no live connection; new messages are fetched every five seconds',
  },
  unreachable: {
    style: 'down',
    label: 'No connection',
    title: 'The server cannot be reached; what you write is sent when it can',
  },
  offline: { style: 'down', label: 'Offline', title: 'You have no network; what you write is sent later' },
};

/** How news reach this page, in words; announced when it changes. */
export function ConnectionBadge(): ReactNode {
  const { state } = useFamilyLive();
  const { style, label, title } = APPEARANCE[state];
  return (
    <output className={`${styles.badge} ${styles[style]}`} title={title} data-state={state}>
      <span className={styles.label}>{label}</span>
    </output>
  );
}
