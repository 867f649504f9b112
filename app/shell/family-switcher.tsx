import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { familiesQuery, type Family } from '../model/family-queries.ts';
import { familyPath, familySettingsPath } from '../model/paths.ts';
import { Icon } from '../shared/icon.tsx';
import { Popover, PopoverItem } from '../shared/popover.tsx';
import styles from './sidebar.module.css';

/** The family's name, which opens a menu with its settings and the other families. */
export function FamilySwitcher({ family }: { family: Family }): ReactNode {
  const [, navigate] = useLocation();
  const { data: families = [] } = useQuery(familiesQuery);
  const others = families.filter((other) => other.id !== family.id);
  return (
    <Popover
      label="Family"
      renderTrigger={(trigger) => (
        <button type="button" className={styles.switcher} {...trigger}>
          <span>{family.name}</span>
          <Icon name="chevronDown" size={18} />
        </button>
      )}
    >
      {(close) => {
        const go = (path: string) => () => {
          close();
          navigate(path);
        };
        return (
          <>
            <PopoverItem icon="people" onSelect={go(familySettingsPath(family.id))}>
              Family settings and invites
            </PopoverItem>
            <hr className={styles.divider} />
            {others.map((other) => (
              <PopoverItem key={other.id} icon="arrowLeft" onSelect={go(familyPath(other.id))}>
                {other.name}
              </PopoverItem>
            ))}
            <PopoverItem icon="plus" onSelect={go('/welcome')}>
              Start or join another family
            </PopoverItem>
          </>
        );
      }}
    </Popover>
  );
}
