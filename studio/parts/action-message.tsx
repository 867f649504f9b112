import type { ActionState } from './use-action.ts';

/** What came of the latest action. */
export function ActionMessage({ state: { message, error } }: { state: ActionState }) {
  return (
    <>
      <output className="action-message">{message}</output>
      {error !== undefined && <p role="alert">{error}</p>}
    </>
  );
}
