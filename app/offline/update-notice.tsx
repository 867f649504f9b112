import { type ReactNode, useSyncExternalStore } from 'react';
import { Button } from '../shared/button.tsx';
import { isUpdateReady, subscribe } from './register.ts';
import styles from './update-notice.module.css';

/** Offers to reload a page that was opened before a deploy. It never reloads by itself: somebody may be typing. */
export function UpdateNotice(): ReactNode {
  const isReady = useSyncExternalStore(subscribe, isUpdateReady);
  return (
    <output className={styles.region}>
      {isReady && (
        <span className={styles.notice}>
          A new version of OurChat is ready.
          <Button variant="primary" onClick={() => window.location.reload()}>
            Reload
          </Button>
        </span>
      )}
    </output>
  );
}
