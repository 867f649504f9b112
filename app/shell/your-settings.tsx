import { type ReactNode, useEffect } from 'react';
import { useLocation } from 'wouter';
import type { Family } from '../model/family-queries.ts';
import { familyPath } from '../model/paths.ts';
import Settings from '../settings/settings.tsx';
import { IconButton } from '../shared/button.tsx';
import { useFamilyLive } from './family-live.ts';
import { MenuButton } from './menu-button.tsx';

interface YourSettingsProps {
  family: Family;
  /** Unread messages in all channels. */
  unread: number;
  onOpenMenu: () => void;
}

/** The user's own settings, beside the sidebar of a family. */
export default function YourSettings({ family, unread, onOpenMenu }: YourSettingsProps): ReactNode {
  const [, navigate] = useLocation();
  const { watch } = useFamilyLive();
  useEffect(() => watch(null), [watch]);
  return (
    <Settings
      lead={
        <>
          <MenuButton unread={unread} onOpen={onOpenMenu} />
          <IconButton icon="arrowLeft" label="Back to chat" onClick={() => navigate(familyPath(family.id))} />
        </>
      }
    />
  );
}
