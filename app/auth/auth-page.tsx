import type { ReactNode } from 'react';
import { useTitle } from '../shared/use-title.ts';
import styles from './auth-page.module.css';

interface AuthPageProps {
  title: string;
  lead?: string;
  children: ReactNode;
  /** Links to related pages. */
  links?: ReactNode;
}

/** Layout of every page outside a family: sign-in, sign-up, password recovery, joining. */
export function AuthPage({ title, lead, children, links }: AuthPageProps): ReactNode {
  useTitle(title);
  return (
    <div className={styles.page}>
      <aside className={styles.side} aria-hidden="true">
        <div className={styles.sample}>
          <p className={styles.bubble}>The first strawberries are ripe.</p>
          <p className={styles.bubble}>Save some for Sunday, please!</p>
          <p className={styles.bubble}>Half past twelve, everyone?</p>
        </div>
        <p className={styles.promise}>One place for your family to talk. No ads, no strangers, no noise.</p>
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
        </div>
      </main>
    </div>
  );
}
