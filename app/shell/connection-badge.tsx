import type { ReactNode } from 'react';
import type { ConnectionState } from '../live/connection-state.ts';
import styles from './connection-badge.module.css';
import { useFamilyLive } from './family-live.ts';

const APPEARANCE: Readonly<Record<ConnectionState, { style: string; label: string; title: string }>> = {
  connecting: { style: 'waiting', label: 'Connecting…', title: 'Connecting to your family' },
  live: { style: 'live', label: 'Connected', title: 'New messages arrive immediately' },
  reconnecting: {
    style: 'waiting',
    label: 'Reconnecting…',
    title: 'The connection was lost. Missed messages are loaded once it is back.',
  },
  polling: {
    style: 'waiting',
    label: 'Checking every 5 s',
    title: 'There is no live connection. New messages are fetched every five seconds.',
  },
  unreachable: {
    style: 'down',
    label: 'No connection',
    title: 'The server cannot be reached. Your messages are sent once it can be.',
  },
  offline: {
    style: 'down',
    label: 'Offline',
    title: 'You are offline. Your messages are sent once you are back online.',
  },
};

/** Says when changes do not reach this page at once; screen readers announce it. */
export function ConnectionBadge(): ReactNode {
  const { state } = useFamilyLive();
  const { style, label, title } = APPEARANCE[state];
  return (
    <output className={`${styles.badge} ${styles[style]}`} title={title} data-state={state}>
      {label}
    </output>
  );
}
