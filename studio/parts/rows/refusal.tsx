import { ExplanationView } from '../explanation.tsx';
import type { Refusal } from './types.ts';

/** Why nothing was changed, with cause and cure. */
export function RefusalView({ refusal, id }: { refusal: Refusal; id?: string }) {
  const { message, line, explanation } = refusal;
  return (
    <div className="refusal" role="alert" id={id}>
      <p>
        {line !== undefined && <strong>Line {line}: </strong>}
        {message}
      </p>
      {explanation && <ExplanationView explanation={explanation} />}
    </div>
  );
}
