import { useEffect } from 'react';

const REFRESH_MS = 2_000;

/** Reads again every two seconds while the page is shown and visible. */
export function useRefresh(reload: () => void): void {
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') reload();
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }, [reload]);
}
