import type { ComponentProps, ReactNode } from 'react';
import styles from './button.module.css';
import { Icon, type IconName } from './icon.tsx';

interface ButtonProps extends ComponentProps<'button'> {
  variant?: 'primary' | 'secondary' | 'quiet' | 'danger';
  /** While true, the button is disabled and marked as busy. */
  busy?: boolean;
}

/** A button; its type is "button" by default. */
export function Button({
  variant = 'secondary',
  busy,
  disabled,
  className,
  ...rest
}: ButtonProps): ReactNode {
  return (
    <button
      type="button"
      {...rest}
      className={`${styles.button} ${styles[variant]} ${className ?? ''}`}
      disabled={disabled === true || busy === true}
      aria-busy={busy}
    />
  );
}

interface IconButtonProps extends ComponentProps<'button'> {
  icon: IconName;
  /** What the button does: its accessible name and its tooltip. */
  label: string;
  size?: 'small' | 'normal';
}

export function IconButton({ icon, label, size = 'normal', className, ...rest }: IconButtonProps): ReactNode {
  return (
    <button
      type="button"
      title={label}
      {...rest}
      aria-label={label}
      className={`${styles.icon} ${size === 'small' ? styles.small : ''} ${className ?? ''}`}
    >
      <Icon name={icon} size={size === 'small' ? 18 : 20} />
    </button>
  );
}
