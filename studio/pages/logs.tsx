import { useMemo, useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import type { LoggedRequest } from '../api.ts';
import { LogLines, type LogEntry } from '../parts/log-lines.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { useEvents } from '../parts/use-events.ts';
import { useTitle } from '../parts/use-title.ts';

const SHOWN = 500;
const SERVICES = ['postgres', 'functions', 'requests'] as const;

/** What PostgreSQL, the functions and the gateway say, live. */
export default function Logs() {
  useTitle('Logs');
  const [params, setParams] = useSearchParams();
  const service = params.get('service') ?? '';
  const [text, setText] = useState('');
  const [onlyProblems, setOnlyProblems] = useState(false);
  const { items: entries, isConnected } = useEvents<LogEntry>('logs', SHOWN);
  const { items: requests } = useEvents<LoggedRequest>('requests', SHOWN);
  const shown = useMemo(
    () =>
      [...entries, ...requests.map(describeRequest)]
        .filter(
          (entry) =>
            (service === '' || entry.service === service) &&
            (!onlyProblems || entry.level !== 'info') &&
            `${entry.source ?? ''} ${entry.text}`.toLowerCase().includes(text.toLowerCase()),
        )
        .toSorted((one, other) => other.at - one.at)
        .slice(0, SHOWN),
    [entries, requests, service, text, onlyProblems],
  );
  return (
    <>
      <PageHead title="Logs">
        {isConnected
          ? 'Live while this page is open. '
          : 'The dev server does not answer; connecting again… '}
        <Link href="/requests">Requests</Link> has the causes of refused ones.
      </PageHead>
      <div className="tools">
        <input
          type="search"
          aria-label="Filter lines"
          placeholder="Filter by text"
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
        <select
          aria-label="Service"
          value={service}
          onChange={({ target }) => setParams(target.value === '' ? {} : { service: target.value })}
        >
          <option value="">Every service</option>
          {SERVICES.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
        <label>
          <input type="checkbox" checked={onlyProblems} onChange={() => setOnlyProblems(!onlyProblems)} />{' '}
          Only problems
        </label>
      </div>
      {shown.length === 0 ? (
        <p className="quiet empty">No line yet.</p>
      ) : (
        <LogLines entries={shown} label="Log" />
      )}
    </>
  );
}

function describeRequest({ id, at, method, url, status, time, hasCause, role }: LoggedRequest): LogEntry {
  const level = status >= 500 ? 'error' : status >= 400 || hasCause ? 'warning' : 'info';
  const text = `${method} ${url} ${status} ${Math.round(time.total)} ms`;
  return { id, service: 'requests', at, level, text, ...(role !== undefined && { source: role }) };
}
