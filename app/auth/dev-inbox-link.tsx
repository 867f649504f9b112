import type { ReactNode } from 'react';

/** Link to the development inbox, which captures outgoing email. Not part of a production build. */
export function DevInboxLink(): ReactNode {
  if (!import.meta.env.DEV) return null;
  return (
    <a href="/__supabase/mail/" target="_blank" rel="noreferrer">
      Open the development inbox
    </a>
  );
}
