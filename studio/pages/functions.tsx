import { useMemo } from 'react';
import { Link, useParams } from 'wouter';
import { useRead, type LoggedRequest } from '../api.ts';
import { Card } from '../parts/card.tsx';
import { CopyButton } from '../parts/copy-button.tsx';
import { Fact } from '../parts/detail-panel.tsx';
import { formatTime } from '../parts/format-time.ts';
import { InvokeForm } from '../parts/invoke-form.tsx';
import { LogLines, type LogEntry } from '../parts/log-lines.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { useEvents } from '../parts/use-events.ts';
import { useTitle } from '../parts/use-title.ts';

/** As plugin/studio/functions.ts. */
interface EdgeFunction {
  readonly slug: string;
  readonly verifyJwt: boolean;
  readonly entrypoint: string;
  readonly importMap?: string;
}

const KEPT = 200;

/** The edge functions of the project; the chosen one can be called. */
export default function Functions() {
  const { slug } = useParams<{ slug?: string }>();
  useTitle(slug ?? 'Functions');
  const { value: functions, error } = useRead<readonly EdgeFunction[]>('functions');
  const chosen = functions?.find((one) => one.slug === slug);
  return (
    <>
      <PageHead title="Functions">Calls and output are recorded while this page is open.</PageHead>
      {error !== undefined && <p role="alert">{error}</p>}
      {functions?.length === 0 && (
        <Card title="No function">
          <p className="quiet">
            Make one: <code>npx vite-plugin-supabase functions new hello</code>
          </p>
        </Card>
      )}
      <div className="tables">
        <ul className="requests entries" aria-label="Functions">
          {functions?.map((one) => (
            <li key={one.slug}>
              <Link
                className="entry"
                href={`/functions/${one.slug}`}
                aria-current={one.slug === slug ? 'page' : undefined}
              >
                <strong>{one.slug}</strong>
                <span className="quiet">
                  {one.verifyJwt ? 'asks for a JWT' : 'open to everybody'}, {one.entrypoint}
                </span>
              </Link>
            </li>
          ))}
        </ul>
        {chosen && <FunctionView key={chosen.slug} edgeFunction={chosen} />}
      </div>
    </>
  );
}

function FunctionView({
  edgeFunction: { slug, verifyJwt, entrypoint, importMap },
}: {
  edgeFunction: EdgeFunction;
}) {
  const path = `/functions/v1/${slug}`;
  const url = `${window.location.origin}${path}`;
  const { items: requests } = useEvents<LoggedRequest>('requests', KEPT);
  const { items: log } = useEvents<LogEntry>('logs', KEPT);
  const calls = useMemo(() => requests.filter((request) => isBelow(request.url, path)), [requests, path]);
  const output = useMemo(
    () => log.filter(({ service, source }) => service === 'functions' && source === slug),
    [log, slug],
  );
  return (
    <div className="column">
      <Card title={slug} action={<CopyButton text={url} label="Copy the URL" />}>
        <dl>
          <Fact name="URL">{url}</Fact>
          <Fact name="verify_jwt">
            {verifyJwt ? 'on: calls need a JWT or a key' : 'off: everybody may call it'}
          </Fact>
          <Fact name="Entrypoint">{entrypoint}</Fact>
          <Fact name="Import map">{importMap ?? 'none'}</Fact>
        </dl>
      </Card>
      <InvokeForm path={path} />
      <Card title="Calls" action={<Link href="/requests">All requests</Link>}>
        {calls.length === 0 && <p className="quiet">None since Studio records.</p>}
        <ul className="runs" aria-label="Calls">
          {calls.map(({ id, at, status, method, url: called, time }) => (
            <li key={id}>
              <span className={`status s${Math.floor(status / 100)}`}>{status}</span> {method}{' '}
              <code>{called.slice(path.length) || '/'}</code>{' '}
              <span className="quiet">
                {formatTime(at)}, {Math.round(time.total)} ms
              </span>
            </li>
          ))}
        </ul>
      </Card>
      <Card title="Output">
        {output.length === 0 ? (
          <p className="quiet">Nothing since Studio records.</p>
        ) : (
          <LogLines entries={output} label={`Output of ${slug}`} />
        )}
      </Card>
    </div>
  );
}

function isBelow(url: string, path: string): boolean {
  return url.startsWith(path) && /^(?:[/?]|$)/.test(url.slice(path.length));
}
