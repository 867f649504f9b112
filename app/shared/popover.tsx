import {
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  useCallback,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react';
import { Icon, type IconName } from './icon.tsx';
import styles from './popover.module.css';

interface PopoverProps {
  /** Renders the button that opens it; spread `trigger` on it. */
  renderTrigger: (trigger: {
    onClick: (event: MouseEvent<HTMLElement>) => void;
    'aria-expanded': boolean;
    'aria-controls': string;
  }) => ReactNode;
  label: string;
  /** `auto`: where there is more space. */
  side?: 'above' | 'below' | 'auto';
  align?: 'start' | 'end';
  className?: string;
  onOpenChange?: (isOpen: boolean) => void;
  children: (close: () => void) => ReactNode;
}

/**
 * A small panel next to its button. Takes the focus when it opens, moves it with the arrow keys, closes on Escape,
 * on a click outside and when it loses the focus, and returns the focus to the button.
 */
export function Popover(props: PopoverProps): ReactNode {
  const { renderTrigger, label, side = 'below', align = 'start', className, onOpenChange, children } = props;
  const [isOpen, setIsOpen] = useState(false);
  const anchor = useRef<HTMLDivElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const [roomier, setRoomier] = useState<'above' | 'below'>('below');
  const id = useId();

  const change = useCallback(
    (open: boolean): void => {
      setIsOpen(open);
      onOpenChange?.(open);
    },
    [onOpenChange],
  );
  useEffect(() => {
    if (!isOpen) return undefined;
    const element = panel.current;
    const opener = document.activeElement;
    element?.querySelector<HTMLElement>('button, a, input')?.focus();
    const onPointerDown = (event: PointerEvent): void => {
      if (event.target instanceof Node && !anchor.current?.contains(event.target)) change(false);
    };
    document.addEventListener('pointerdown', onPointerDown);
    return () => {
      document.removeEventListener('pointerdown', onPointerDown);
      // Removing the panel has dropped the focus, unless it was moved on purpose.
      if (document.activeElement === document.body && opener instanceof HTMLElement) opener.focus();
    };
  }, [isOpen, change]);

  return (
    // The keys of all buttons inside are handled here.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div
      ref={anchor}
      className={styles.anchor}
      onKeyDown={(event) => {
        if (!isOpen) return;
        if (event.key === 'Escape') {
          event.stopPropagation();
          change(false);
        } else moveFocus(event, panel.current);
      }}
      onBlur={(event) => {
        const next = event.relatedTarget;
        if (isOpen && next instanceof Node && !event.currentTarget.contains(next)) change(false);
      }}
    >
      {renderTrigger({
        onClick: (event) => {
          const { top } = event.currentTarget.getBoundingClientRect();
          setRoomier(top > window.innerHeight / 2 ? 'above' : 'below');
          change(!isOpen);
        },
        'aria-expanded': isOpen,
        'aria-controls': id,
      })}
      {isOpen && (
        <div
          ref={panel}
          id={id}
          // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- a fieldset is for the fields of a form
          role="group"
          aria-label={label}
          className={`${styles.panel} ${styles[side === 'auto' ? roomier : side]} ${styles[align]} ${className ?? ''}`}
        >
          {children(() => change(false))}
        </div>
      )}
    </div>
  );
}

/** The arrow keys cycle through the buttons and links of a panel. */
function moveFocus(event: KeyboardEvent, panel: HTMLElement | null): void {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (step === undefined || event.target instanceof HTMLInputElement) return;
  event.preventDefault();
  const items = [...(panel?.querySelectorAll<HTMLElement>('button, a') ?? [])];
  const index = items.findIndex((item) => item === document.activeElement);
  items.at((index + step) % items.length)?.focus();
}

interface PopoverItemProps {
  icon?: IconName;
  isDangerous?: boolean;
  /** For a choice between several items: whether this one is chosen. */
  isChosen?: boolean;
  onSelect: () => void;
  children: ReactNode;
}

/** An action in a popover. */
export function PopoverItem({
  icon,
  isDangerous,
  isChosen,
  onSelect,
  children,
}: PopoverItemProps): ReactNode {
  return (
    <button
      type="button"
      className={`${styles.item} ${isDangerous === true ? styles.dangerous : ''}`}
      aria-pressed={isChosen}
      onClick={onSelect}
    >
      {icon && <Icon name={icon} size={18} />}
      <span>{children}</span>
      {isChosen === true && <Icon name="check" size={18} />}
    </button>
  );
}
