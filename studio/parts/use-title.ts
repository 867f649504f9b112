import { useEffect } from 'react';

/** The title of the page. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} – Supabase Studio`;
  }, [title]);
}
