import { useEffect, useRef } from 'react';
import { useRead, type Explanation, type LoggedRequest } from '../api.ts';
import { CopyButton } from './copy-button.tsx';
import { ExplanationView } from './explanation.tsx';
import { decode } from './decode.ts';
import { toCurl } from './to-curl.ts';

/** Everything known about one request. */
export function RequestDetails({ request, onClose }: { request: LoggedRequest; onClose: () => void }) {
  const { method, url, status, credential, time, sql, hasCause, at } = request;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus();
    const closeOnEscape = (event: KeyboardEvent) => {
      if (event.key === 'Escape') onClose();
    };
    document.addEventListener('keydown', closeOnEscape);
    return () => document.removeEventListener('keydown', closeOnEscape);
  }, [onClose]);
  return (
    <section className="card panel" aria-label="Request">
      <div className="card-head">
        <h2 ref={heading} tabIndex={-1}>
          {method} {url.split('?', 1)[0]}
        </h2>
        <CopyButton text={toCurl(request, window.location.origin)} label="Copy as curl">
          Copy as curl
        </CopyButton>
        <button type="button" className="copy" onClick={onClose}>
          Close
        </button>
      </div>
      {hasCause && <Why id={request.id} />}
      <dl>
        <Fact name="Status">{status}</Fact>
        <Fact name="At">{new Date(at).toLocaleTimeString()}</Fact>
        <Fact name="Credential">{credential}</Fact>
        <Fact name="Time">
          {time.total.toFixed(1)} ms
          {time.gateway !== undefined &&
            ` (gateway ${time.gateway.toFixed(1)} ms, service ${(time.service ?? 0).toFixed(1)} ms)`}
        </Fact>
        {url.includes('?') && <Fact name="Query">{decode(url.slice(url.indexOf('?') + 1))}</Fact>}
      </dl>
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
    </section>
  );
}

function Why({ id }: { id: number }) {
  const { value, error } = useRead<Explanation | null>(`why?id=${id}`);
  return (
    <div className="why">
      <h3>Why?</h3>
      {error !== undefined && <p role="alert">{error}</p>}
      {value === undefined && error === undefined && <p className="quiet">Asking the database…</p>}
      {value === null && <p className="quiet">No cause is known for this answer.</p>}
      {value && <ExplanationView explanation={value} />}
    </div>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div className="value-row">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
