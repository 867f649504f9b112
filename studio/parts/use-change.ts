import { useState } from 'react';
import { change } from '../api.ts';

/** Changes something, keeps the error of the last attempt, and calls `onDone` after one that succeeds. */
export function useChange(onDone: () => void): {
  readonly error: string | undefined;
  readonly run: (name: string, input: object) => Promise<void>;
} {
  const [error, setError] = useState<string>();
  const run = async (name: string, input: object) => {
    try {
      await change(name, input);
      setError(undefined);
      onDone();
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    }
  };
  return { error, run };
}
