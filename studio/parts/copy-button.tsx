import { useEffect, useState } from 'react';

/** Copies a text; says so for two seconds. */
export function CopyButton({
  text,
  label,
  children = 'Copy',
}: {
  text: string;
  label: string;
  children?: string;
}) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return undefined;
    const timer = setTimeout(() => setCopied(false), 2_000);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  };
  return (
    <button
      type="button"
      className="copy"
      aria-label={isCopied ? label.replace('Copy', 'Copied') : label}
      onClick={() => void copy()}
    >
      <span aria-live="polite">{isCopied ? 'Copied' : children}</span>
    </button>
  );
}
