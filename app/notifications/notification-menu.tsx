import { type ReactNode, useState } from 'react';
import { IconButton } from '../shared/button.tsx';
import { Popover, PopoverItem } from '../shared/popover.tsx';
import { showToast } from '../shared/toast.ts';
import { type NotificationLevel, readLevel, storeLevel } from './level.ts';
import { canNotify, requestPermission } from './notify.ts';
import { keepSubscribed } from './push.ts';

const LEVELS: readonly { level: NotificationLevel; label: string }[] = [
  { level: 'all', label: 'All messages' },
  { level: 'mentions', label: 'Mentions of you' },
  { level: 'none', label: 'Nothing' },
];

/** Chooses which messages of a channel notify this device; asks for the browser's permission when it is needed. */
export function NotificationMenu({ channelId }: { channelId: string }): ReactNode {
  const [chosen, setChosen] = useState(() => readLevel(channelId));
  if (!canNotify()) return null;
  const isOn = Notification.permission === 'granted' && chosen !== 'none';
  const choose = async (level: NotificationLevel): Promise<void> => {
    storeLevel(channelId, level);
    setChosen(level);
    if (level !== 'none' && !(await requestPermission())) {
      showToast("Notifications are blocked. Allow them in the browser's settings for this site.");
    }
    // Without Web Push, an open page still notifies.
    keepSubscribed().catch(() => {});
  };
  return (
    <Popover
      label="Notify me of"
      align="end"
      renderTrigger={(trigger) => (
        <IconButton icon={isOn ? 'bell' : 'bellOff'} label="Notifications" {...trigger} />
      )}
    >
      {(close) =>
        LEVELS.map(({ level, label }) => (
          <PopoverItem
            key={level}
            isChosen={Notification.permission === 'granted' ? level === chosen : level === 'none'}
            onSelect={() => {
              close();
              void choose(level);
            }}
          >
            {label}
          </PopoverItem>
        ))
      }
    </Popover>
  );
}
