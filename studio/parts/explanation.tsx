import type { Explanation } from '../api.ts';
import { CopyButton } from './copy-button.tsx';

/** Cause, cure, and code to paste. */
export function ExplanationView({ explanation, count }: { explanation: Explanation; count?: number }) {
  const { cause, cure, code, details = [] } = explanation;
  return (
    <div className="explanation">
      <p>
        {cause}
        {count !== undefined && count > 1 && <span className="count">{count} times</span>}
      </p>
      {details.length > 0 && (
        <ul className="details">
          {details.map((detail) => (
            <li key={detail}>
              <code>{detail}</code>
            </li>
          ))}
        </ul>
      )}
      {cure !== '' && <p className="cure">{cure}</p>}
      {code !== undefined && (
        <div className="code">
          <pre>
            <code>{code}</code>
          </pre>
          <CopyButton text={code} label="Copy the code" />
        </div>
      )}
    </div>
  );
}
