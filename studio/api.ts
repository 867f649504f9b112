import { useCallback, useEffect, useRef, useState } from 'react';

/** As plugin/explain/explanation.ts. */
export interface Explanation {
  readonly kind: string;
  readonly subject: string;
  readonly cause: string;
  readonly cure: string;
  readonly code?: string;
  readonly details?: readonly string[];
}

export interface Finding extends Explanation {
  readonly category: 'security' | 'performance';
  readonly severity: 'error' | 'warning' | 'info';
}

export interface Hint {
  readonly count: number;
  readonly explanation: Explanation;
}

export interface HomeState {
  readonly kind: string;
  readonly reason: string;
  readonly root: string;
  readonly node: string;
  readonly databaseUrl?: string;
  readonly lines: readonly { readonly label: string; readonly value: string }[];
  readonly keys?: Readonly<
    Partial<Record<'publishableKey' | 'secretKey' | 'anonKey' | 'serviceRoleKey' | 'jwtSecret', string>>
  >;
}

/** As plugin/studio/request-log.ts. */
export interface LoggedRequest {
  readonly id: number;
  readonly at: number;
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly time: { readonly total: number; readonly gateway?: number; readonly service?: number };
  readonly credential: string;
  readonly role?: string;
  readonly rows?: number;
  readonly sql: readonly { readonly text: string; readonly params: readonly string[] }[];
  readonly hasCause: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: { readonly text: string } | { readonly base64: string };
  readonly isBodyLost: boolean;
}

export function read<T>(name: string): Promise<T> {
  return ask<T>(name);
}

/** Changes something (plugin/studio/changes.ts). Aborting `signal` tells the server that nobody waits any more. */
export function change<T>(name: string, input: object, signal?: AbortSignal): Promise<T> {
  return ask<T>(name, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input),
    signal: signal ?? null,
  });
}

async function ask<T>(name: string, init?: RequestInit): Promise<T> {
  const response = await fetch(`/__supabase/api/${name}`, init);
  const body: unknown = await response.json();
  if (!response.ok) throw new Error((body as { message?: string }).message ?? `Status ${response.status}`);
  return body as T;
}

export interface Loaded<T> {
  readonly value: T | undefined;
  readonly error: string | undefined;
  readonly reload: () => () => void;
}

/** Reads a value when the component is shown, and again on `reload` or for another name. Only the latest answer counts. */
export function useRead<T>(name: string): Loaded<T> {
  return useLoad<T>(read, name);
}

/** As `useRead`, by another function; it must be the same each time. */
export function useLoad<T>(load: (name: string) => Promise<unknown>, name: string): Loaded<T> {
  const [state, setState] = useState<{ value?: T; error?: string }>({});
  const latest = useRef({ load, name });
  const turn = useRef(0);
  const reload = useCallback(() => {
    turn.current += 1;
    const own = turn.current;
    const settle = (next: { value?: T; error?: string }) => {
      if (own === turn.current) setState(next);
    };
    latest.current.load(latest.current.name).then(
      (value) => settle({ value: value as T }),
      (error: unknown) => settle({ error: error instanceof Error ? error.message : String(error) }),
    );
    return () => {
      turn.current += 1;
    };
  }, []);
  useEffect(() => {
    latest.current = { load, name };
    return reload();
  }, [load, name, reload]);
  return { value: state.value, error: state.error, reload };
}
