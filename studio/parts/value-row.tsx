import { useState } from 'react';
import { CopyButton } from './copy-button.tsx';

/** A name with a value to copy; a secret is shown on demand. */
export function ValueRow({
  name,
  value,
  isSecret = false,
}: {
  name: string;
  value: string;
  isSecret?: boolean;
}) {
  const [isShown, setShown] = useState(!isSecret);
  return (
    <div className="value-row">
      <dt>{name}</dt>
      <dd>
        <code className="value">{isShown ? value : '•'.repeat(12)}</code>
        {isSecret && (
          <button
            type="button"
            className="copy"
            aria-label={`${isShown ? 'Hide' : 'Show'} ${name}`}
            onClick={() => setShown(!isShown)}
          >
            {isShown ? 'Hide' : 'Show'}
          </button>
        )}
        <CopyButton text={value} label={`Copy ${name}`} />
      </dd>
    </div>
  );
}
