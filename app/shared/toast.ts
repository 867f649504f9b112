import { describeError } from './errors.ts';

export interface Toast {
  readonly id: number;
  readonly text: string;
}

const VISIBLE_MS = 5_000;
const listeners = new Set<() => void>();
let toasts: readonly Toast[] = [];
let lastId = 0;

function replaceToasts(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

/** Shows a short message below the header for five seconds, once however often it is due; screen readers announce it. */
export function showToast(text: string): void {
  lastId += 1;
  const toast = { id: lastId, text };
  replaceToasts([...toasts.filter((other) => other.text !== text).slice(-2), toast]);
  setTimeout(() => replaceToasts(toasts.filter((other) => other.id !== toast.id)), VISIBLE_MS);
}

/** For the `onError` of mutations whose form does not show the error. */
export function showErrorToast(error: unknown): void {
  showToast(describeError(error));
}

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function currentToasts(): readonly Toast[] {
  return toasts;
}
