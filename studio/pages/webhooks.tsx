import { Link } from 'wouter';
import { useRead } from '../api.ts';
import { Card } from '../parts/card.tsx';
import { formatTime } from '../parts/format-time.ts';
import { PageHead } from '../parts/page-head.tsx';
import { TextBlock } from '../parts/text-block.tsx';
import { useRefresh } from '../parts/use-refresh.ts';
import { useTitle } from '../parts/use-title.ts';

/** As plugin/studio/jobs/webhooks.ts. */
interface Webhooks {
  readonly hooks: readonly {
    readonly name: string;
    readonly table: string;
    readonly definition: string;
    readonly isEnabled: boolean;
    readonly url: string;
    readonly method: string;
  }[];
  readonly responses: readonly Response[];
  readonly waiting: number;
}

interface Response {
  readonly id: string;
  readonly at: number;
  readonly status: number | null;
  readonly isTimedOut: boolean | null;
  readonly error: string | null;
  readonly content: string | null;
  readonly hook: string | null;
  readonly table: string | null;
}

/** Triggers that send requests, and the answers of pg_net's requests. */
export default function Webhooks() {
  useTitle('Webhooks');
  const { value, error, reload } = useRead<Webhooks>('webhooks');
  useRefresh(reload);
  return (
    <>
      <PageHead title="Webhooks">
        Requests that the database sends by pg_net after a commit. A function of this stack answers at{' '}
        <code>http://kong:8000/functions/v1/…</code>
      </PageHead>
      {error !== undefined && <p role="alert">{error}</p>}
      <div className="grid">
        <Card
          title="Latest answers"
          action={value && value.waiting > 0 && <span className="badge info">{value.waiting} waiting</span>}
        >
          {value?.responses.length === 0 && <p className="quiet">No request has been answered yet.</p>}
          <ul className="list" aria-label="Answers">
            {value?.responses.map((response) => (
              <li key={response.id}>
                <Answer response={response} />
              </li>
            ))}
          </ul>
        </Card>
        <Card title="Triggers">
          {value?.hooks.length === 0 && (
            <p className="quiet">No trigger calls supabase_functions.http_request.</p>
          )}
          <ul className="list" aria-label="Triggers">
            {value?.hooks.map(({ name, table, definition, isEnabled, url, method }) => (
              <li key={`${table} ${name}`}>
                <details>
                  <summary>
                    <strong>{name}</strong> <span className="quiet">on {table}</span>{' '}
                    {!isEnabled && <span className="badge warning">disabled</span>}
                    <br />
                    <code>
                      {method} {url}
                    </code>
                  </summary>
                  <TextBlock text={definition} label={`Copy the definition of ${name}`} />
                </details>
              </li>
            ))}
          </ul>
          <p className="links">
            <Link href="/requests">See the requests of this stack</Link>
          </p>
        </Card>
      </div>
    </>
  );
}

function Answer({
  response: { id, at, status, isTimedOut, error, content, hook, table },
}: {
  response: Response;
}) {
  const isGood = status !== null && status < 400;
  return (
    <details>
      <summary>
        <span className={`badge ${isGood ? 'info' : 'error'}`}>
          {status ?? (isTimedOut ? 'timed out' : 'no answer')}
        </span>{' '}
        {hook === null ? `request ${id}` : `${hook} on ${table}`}{' '}
        <span className="quiet">
          {formatTime(at)}
          {error !== null && `: ${error}`}
        </span>
      </summary>
      {content !== null && content !== '' ? (
        <TextBlock text={content} label="Copy the answer" />
      ) : (
        <p className="quiet">Without content.</p>
      )}
    </details>
  );
}
