import { type ReactNode, useState } from 'react';
import { PageSection } from '../shared/page.tsx';
import styles from './settings.module.css';
import { readTheme, setTheme, type Theme } from './theme.ts';

const THEMES: readonly { readonly value: Theme; readonly label: string }[] = [
  { value: 'system', label: 'Same as device' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

export function ThemeSection(): ReactNode {
  const [theme, setCurrent] = useState(readTheme);
  return (
    <PageSection title="Appearance">
      <fieldset className={styles.themes}>
        <legend className="visually-hidden">Appearance</legend>
        {THEMES.map(({ value, label }) => (
          <label key={value}>
            <input
              type="radio"
              name="theme"
              checked={theme === value}
              onChange={() => {
                setTheme(value);
                setCurrent(value);
              }}
            />
            {label}
          </label>
        ))}
      </fieldset>
    </PageSection>
  );
}
