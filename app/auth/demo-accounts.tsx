import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Button } from '../shared/button.tsx';
import { showErrorToast } from '../shared/toast.ts';
import { signIn } from './auth-actions.ts';
import styles from './auth-page.module.css';

/** Some of the people of supabase/seed.sql; a test compares them. */
const PEOPLE = ['Anna', 'Ben', 'Clara'];
const PASSWORD = 'family-demo';

/** Signs in as somebody of the demo family, with one click. Not part of a production build. */
export function DemoAccounts(): ReactNode {
  const mutation = useMutation({ mutationFn: signIn, onError: showErrorToast });
  if (!import.meta.env.DEV) return null;
  return (
    <section className={styles.demo} aria-label="Demo family">
      <p>Try the demo as</p>
      <div className={styles.demoPeople}>
        {PEOPLE.map((name) => (
          <Button
            key={name}
            busy={mutation.isPending}
            onClick={() =>
              mutation.mutate({ email: `${name.toLowerCase()}@example.com`, password: PASSWORD })
            }
          >
            {name}
          </Button>
        ))}
      </div>
    </section>
  );
}
