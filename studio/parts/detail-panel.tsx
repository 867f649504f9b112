import { useEffect, useRef, type ReactNode } from 'react';

/** What is known of the chosen entry of a list, beside it; Escape closes it. */
export function DetailPanel({
  label,
  title,
  actions,
  onClose,
  children,
}: {
  label: string;
  title: ReactNode;
  actions?: ReactNode;
  onClose: () => void;
  children: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus();
    const closeOnEscape = (event: KeyboardEvent) => {
      // Escape in a dialog closes the dialog only.
      if (event.key === 'Escape' && !document.querySelector('dialog[open]')) onClose();
    };
    document.addEventListener('keydown', closeOnEscape);
    return () => document.removeEventListener('keydown', closeOnEscape);
  }, [onClose]);
  return (
    <section className="card panel" aria-label={label}>
      <div className="card-head">
        <h2 ref={heading} tabIndex={-1}>
          {title}
        </h2>
        {actions}
        <button type="button" className="copy" onClick={onClose}>
          Close
        </button>
      </div>
      {children}
    </section>
  );
}

/** One named fact. */
export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="value-row">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
