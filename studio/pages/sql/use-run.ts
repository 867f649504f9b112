import { useCallback, useRef, useState } from 'react';
import { change } from '../../api.ts';
import type { Part } from './editor.ts';
import type { Outcome } from './types.ts';

export interface Run {
  readonly part: Part;
  readonly as: string;
  readonly explain: boolean;
}

export type RunState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'running' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'done'; readonly run: Run; readonly outcome: Outcome; readonly milliseconds: number };

/** Runs scripts, one at a time. To cancel is to stop waiting: the server then cancels the statement. */
export function useRun(): {
  state: RunState;
  start: (run: Run) => Promise<RunState | undefined>;
  cancel: () => void;
} {
  const [state, setState] = useState<RunState>({ kind: 'idle' });
  const running = useRef<AbortController>(undefined);
  const start = useCallback(async (run: Run): Promise<RunState | undefined> => {
    if (running.current || run.part.text.trim() === '') return undefined;
    const controller = new AbortController();
    running.current = controller;
    setState({ kind: 'running' });
    const end = await ask(run, controller.signal);
    running.current = undefined;
    setState(end);
    return end;
  }, []);
  const cancel = useCallback(() => running.current?.abort(), []);
  return { state, start, cancel };
}

async function ask(run: Run, signal: AbortSignal): Promise<RunState> {
  const begin = performance.now();
  try {
    const { part, as, explain } = run;
    const outcome = await change<Outcome>('sql', { sql: part.text, as, explain }, signal);
    return { kind: 'done', run, outcome, milliseconds: performance.now() - begin };
  } catch (error) {
    if (signal.aborted) return { kind: 'cancelled' };
    return { kind: 'refused', message: error instanceof Error ? error.message : String(error) };
  }
}
