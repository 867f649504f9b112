import { useCallback, useState } from 'react';

/** What a page says about the latest thing that somebody did. */
export interface ActionState {
  readonly isBusy: boolean;
  readonly message?: string | undefined;
  readonly error?: string | undefined;
}

/** Runs what buttons do, one at a time; each returns what to say when it is done. */
export function useAction(): ActionState & {
  act: (work: () => Promise<string | undefined>) => Promise<void>;
} {
  const [state, setState] = useState<ActionState>({ isBusy: false });
  const act = useCallback(async (work: () => Promise<string | undefined>) => {
    setState({ isBusy: true });
    try {
      setState({ isBusy: false, message: await work() });
    } catch (error) {
      setState({ isBusy: false, error: error instanceof Error ? error.message : String(error) });
    }
  }, []);
  return { ...state, act };
}
