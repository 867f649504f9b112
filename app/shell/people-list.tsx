import type { ReactNode } from 'react';
import { useUser } from '../auth/session.ts';
import { Avatar } from '../images/avatar.tsx';
import type { Channel } from '../model/channel-queries.ts';
import type { Member } from '../model/member.ts';
import { useFamilyLive } from './family-live.ts';
import styles from './sidebar.module.css';

interface PeopleListProps {
  members: readonly Member[];
  channels: readonly Channel[];
}

/** All members, online ones first, with the channel on their screen. */
export function PeopleList({ members, channels }: PeopleListProps): ReactNode {
  const userId = useUser().id;
  const { online } = useFamilyLive();
  const current = members.filter((member) => !member.hasLeft);
  const people = [
    ...current.filter((member) => online.has(member.id)),
    ...current.filter((member) => !online.has(member.id)),
  ];
  return (
    <section aria-label="People">
      <div className={styles.heading}>
        <h2>People</h2>
        <span>{online.size > 0 && `${people.filter((person) => online.has(person.id)).length} online`}</span>
      </div>
      <ul className={styles.list}>
        {people.map((person) => {
          const isOnline = online.has(person.id);
          const channel = channels.find((other) => other.id === online.get(person.id));
          return (
            <li key={person.id} className={styles.person} data-online={isOnline}>
              <Avatar
                name={person.name}
                color={person.color}
                picture={person.avatarPath}
                size={26}
                online={isOnline}
              />
              <span className={`${styles.linkName} ${isOnline ? '' : styles.away}`}>
                {person.name}
                {person.id === userId && ' (you)'}
                {isOnline && <span className="visually-hidden">, online</span>}
              </span>
              {channel && <span className={styles.where}>#{channel.name}</span>}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
