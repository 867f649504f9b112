import type { ReactNode } from 'react';
import { IconButton } from '../shared/button.tsx';
import { Popover } from '../shared/popover.tsx';
import { EmojiPanel } from './emoji-panel.tsx';
import styles from './emoji-picker.module.css';
import { noteEmoji } from './recent-emoji.ts';

interface EmojiPickerProps {
  label: string;
  size?: 'small' | 'normal';
  align?: 'start' | 'end';
  side?: 'above' | 'auto';
  onPick: (emoji: string) => void;
  onOpenChange?: (isOpen: boolean) => void;
}

export function EmojiPicker(props: EmojiPickerProps): ReactNode {
  const { label, size = 'normal', align = 'start', side = 'above', onPick, onOpenChange } = props;
  return (
    <Popover
      label={label}
      side={side}
      align={align}
      className={styles.panel}
      onOpenChange={onOpenChange}
      renderTrigger={(trigger) => <IconButton icon="smile" label={label} size={size} {...trigger} />}
    >
      {(close) => (
        <EmojiPanel
          onPick={(emoji) => {
            close();
            noteEmoji(emoji);
            onPick(emoji);
          }}
        />
      )}
    </Popover>
  );
}
