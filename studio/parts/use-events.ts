import { useEffect, useState } from 'react';

export interface Events<T> {
  /** The newest first. */
  readonly items: readonly T[];
  readonly isConnected: boolean;
  readonly clear: () => void;
}

/** Follows a stream of the server, which sends lists, as long as the page is shown; keeps the newest `kept`. */
export function useEvents<T>(name: string, kept: number): Events<T> {
  const [items, setItems] = useState<readonly T[]>([]);
  const [isConnected, setConnected] = useState(false);
  useEffect(() => {
    const source = new EventSource(`/__supabase/api/${name}`);
    source.addEventListener('open', () => {
      setConnected(true);
      // The server sends what it has kept once more.
      setItems([]);
    });
    source.addEventListener('error', () => setConnected(false));
    source.addEventListener('message', ({ data }) => {
      const latest = JSON.parse(String(data)) as readonly T[];
      setItems((before) => [...latest.toReversed(), ...before].slice(0, kept));
    });
    return () => source.close();
  }, [name, kept]);
  return { items, isConnected, clear: () => setItems([]) };
}
