import { useEffect } from 'react';
import { setPageTitle } from './page-title.ts';

/** Sets the title of the page in the browser's tab and history, for example "#general · The Millers · OurChat". */
export function useTitle(first: string, second?: string): void {
  useEffect(() => setPageTitle(first, second), [first, second]);
}
