import { useState } from 'react';
import { useRead, type LoggedRequest } from '../api.ts';
import { CopyButton } from './copy-button.tsx';

/** The statements of a request with their parameters, and their plans on demand. */
export function Statements({ request: { id, sql } }: { request: LoggedRequest }) {
  const [isPlanShown, showPlan] = useState(false);
  if (sql.length === 0) return null;
  return (
    <>
      {sql.map(({ text, params }) => (
        <div key={text}>
          <h3>SQL</h3>
          <div className="code">
            <pre>
              <code>{text}</code>
            </pre>
            <CopyButton text={text} label="Copy the SQL" />
          </div>
          {params.length > 0 && (
            <ol className="params" aria-label="Parameters">
              {params.map((param, at) => (
                <li key={`${at} ${param}`}>
                  <code>
                    ${at + 1} = {param}
                  </code>
                </li>
              ))}
            </ol>
          )}
        </div>
      ))}
      {isPlanShown ? (
        <Plan id={id} />
      ) : (
        <button type="button" className="copy" onClick={() => showPlan(true)}>
          Show the plan
        </button>
      )}
    </>
  );
}

function Plan({ id }: { id: number }) {
  const { value, error } = useRead<{ readonly plan: string; readonly isMeasured: boolean }>(`plan?id=${id}`);
  return (
    <>
      <h3>Plan{value?.isMeasured === false && ', estimated: changes are not run again'}</h3>
      {error !== undefined && <p role="alert">{error}</p>}
      {value === undefined && error === undefined && <p className="quiet">Asking the database…</p>}
      {value && (
        <div className="code">
          <pre>
            <code>{value.plan}</code>
          </pre>
          <CopyButton text={value.plan} label="Copy the plan" />
        </div>
      )}
    </>
  );
}
