import { type ReactNode, useId } from 'react';
import styles from './page.module.css';

interface PageProps {
  title: string;
  /** Buttons before the title: back, or the menu on a narrow screen. */
  lead?: ReactNode;
  children: ReactNode;
}

/** A settings page: a header and a column of sections. */
export function Page({ title, lead, children }: PageProps): ReactNode {
  return (
    <main className={styles.page}>
      <header className={styles.header}>
        {lead}
        <h1 className={styles.title}>{title}</h1>
      </header>
      <div className={styles.sections}>{children}</div>
    </main>
  );
}

interface PageSectionProps {
  title: string;
  text?: string;
  children: ReactNode;
}

export function PageSection({ title, text, children }: PageSectionProps): ReactNode {
  const id = useId();
  return (
    <section className={styles.section} aria-labelledby={id}>
      <h2 className={styles.heading} id={id}>
        {title}
      </h2>
      {text !== undefined && <p className={styles.text}>{text}</p>}
      {children}
    </section>
  );
}
