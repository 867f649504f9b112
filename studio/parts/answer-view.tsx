import { TextBlock } from './text-block.tsx';
import type { Answer } from './replay.ts';

/** An answer that this page received. */
export function AnswerView({ answer }: { answer: Answer }) {
  const { status, milliseconds, type, text, isShortened } = answer;
  return (
    <div className="answer">
      <h3>
        Answer: {status === 0 ? 'a redirect' : status} after {Math.round(milliseconds)} ms
      </h3>
      <p className="quiet">{type}</p>
      {text !== '' && <TextBlock text={text} label="Copy the answer" />}
      {isShortened && <p className="quiet">Only the first 64 KiB are shown.</p>}
    </div>
  );
}
