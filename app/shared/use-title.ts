import { useEffect } from 'react';

/** Sets the title of the page in the browser's tab and history, for example "general · The Millers · OurChat". */
export function useTitle(...parts: (string | undefined)[]): void {
  const title = [...parts.filter(Boolean), 'OurChat'].join(' · ');
  useEffect(() => {
    document.title = title;
  }, [title]);
}
