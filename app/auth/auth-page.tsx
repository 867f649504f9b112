import type { CSSProperties, ReactNode } from 'react';
import { useTitle } from '../shared/use-title.ts';
import styles from './auth-page.module.css';

interface AuthPageProps {
  title: string;
  lead?: string;
  children: ReactNode;
  /** Links to related pages. */
  links?: ReactNode;
  /** Below everything else. */
  footer?: ReactNode;
}

const SAMPLE: readonly { name: string; color: string; text: string; reaction?: string }[] = [
  { name: 'Grandpa Karl', color: 'green', text: 'The first strawberries are ripe.', reaction: '❤️ 3' },
  { name: 'Clara', color: 'amber', text: 'Save some for Sunday, please!' },
  { name: 'Anna', color: 'pink', text: 'Lunch at half past twelve, everyone?', reaction: '👍 2' },
];

/** Layout of every page outside a family: sign-in, sign-up, password recovery, joining. */
export function AuthPage({ title, lead, children, links, footer }: AuthPageProps): ReactNode {
  useTitle(title);
  return (
    <div className={styles.page}>
      <aside className={styles.side} aria-hidden="true">
        <div className={styles.pitch}>
          <p className={styles.slogan}>One place for your family to talk.</p>
          <p className={styles.promise}>No ads, no strangers, no noise.</p>
        </div>
        <ul className={styles.sample}>
          {SAMPLE.map(({ name, color, text, reaction }) => (
            <li key={name} style={{ '--person': `var(--person-${color})` } as CSSProperties}>
              <span className={styles.initial}>{name.charAt(0)}</span>
              <span className={styles.name}>{name}</span>
              <span className={styles.bubble}>{text}</span>
              {reaction !== undefined && <span className={styles.reaction}>{reaction}</span>}
            </li>
          ))}
        </ul>
      </aside>
      <main className={styles.main}>
        <div className={styles.card}>
          <div className={styles.brand}>
            <img src="/icon.svg" alt="" width="36" height="36" /> OurChat
          </div>
          <div className={styles.heading}>
            <h1 className={styles.title}>{title}</h1>
            {lead !== undefined && <p className={styles.lead}>{lead}</p>}
          </div>
          {children}
          {links !== undefined && <div className={styles.links}>{links}</div>}
          {footer}
        </div>
      </main>
    </div>
  );
}
