import type { ReactNode } from 'react';

/** In development no mail leaves the machine: this leads to the inbox that keeps them. Not part of a production build. */
export function DevInboxLink(): ReactNode {
  if (!import.meta.env.DEV) return null;
  return (
    <a href="/__supabase/mail/" target="_blank" rel="noreferrer">
      Open the development inbox
    </a>
  );
}
