import { useCallback, useEffect, useMemo, useState } from 'react';
import type { LoggedRequest } from '../api.ts';
import { decode } from '../parts/decode.ts';
import { RequestDetails } from '../parts/request-details.tsx';
import { TimeBar } from '../parts/time-bar.tsx';

const SHOWN = 200;

/** The latest requests of the API, the newest first. */
export default function Requests() {
  const { requests, isConnected, clear } = useRequests();
  const [text, setText] = useState('');
  const [onlyProblems, setOnlyProblems] = useState(false);
  const [chosenId, choose] = useState<number>();
  const shown = useMemo(
    () =>
      requests.filter(
        (request) =>
          (!onlyProblems || request.hasCause || request.status >= 400) &&
          `${request.method} ${request.url} ${request.status} ${request.role ?? ''}`
            .toLowerCase()
            .includes(text.toLowerCase()),
      ),
    [requests, text, onlyProblems],
  );
  const close = useCallback(() => choose(undefined), []);
  const chosen = requests.find(({ id }) => id === chosenId);
  return (
    <>
      <div className="page-head">
        <h1>Requests</h1>
        <output className="quiet">
          {isConnected
            ? 'Recording while this page is open.'
            : 'The dev server does not answer; connecting again…'}
        </output>
      </div>
      <div className="tools">
        <input
          type="search"
          aria-label="Filter requests"
          placeholder="Filter by path, method, status or role"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <label>
          <input
            type="checkbox"
            checked={onlyProblems}
            onChange={(event) => setOnlyProblems(event.target.checked)}
          />{' '}
          Only problems
        </label>
        <button type="button" className="copy" onClick={clear}>
          Clear
        </button>
      </div>
      <div className={chosen ? 'split chosen' : 'split'}>
        <div className="requests">
          {shown.length === 0 ? (
            <p className="quiet empty">
              {requests.length === 0
                ? 'No request yet. Use your app in another tab: what it asks Supabase appears here.'
                : 'No request matches.'}
            </p>
          ) : (
            <ul aria-label="Requests">
              {shown.map((request) => (
                <li key={request.id}>
                  <RequestRow
                    request={request}
                    isChosen={request.id === chosenId}
                    onChoose={() => choose(request.id)}
                  />
                </li>
              ))}
            </ul>
          )}
        </div>
        {chosen && <RequestDetails key={chosen.id} request={chosen} onClose={close} />}
      </div>
    </>
  );
}

function RequestRow({
  request,
  isChosen,
  onChoose,
}: {
  request: LoggedRequest;
  isChosen: boolean;
  onChoose: () => void;
}) {
  const { method, url, status, time, role, rows, hasCause } = request;
  return (
    <button type="button" className="request" aria-pressed={isChosen} onClick={onChoose}>
      <span className={`status s${Math.floor(status / 100)}`}>{status}</span>
      <span className="method">{method}</span>
      <span className="url">{decode(url)}</span>
      {hasCause && <span className="badge warning">why?</span>}
      <span className="quiet meta">
        {role}
        {rows !== undefined && ` · ${rows} ${rows === 1 ? 'row' : 'rows'}`}
      </span>
      <TimeBar time={time} />
    </button>
  );
}

/** Follows the requests as long as the page is shown. */
function useRequests(): { requests: readonly LoggedRequest[]; isConnected: boolean; clear: () => void } {
  const [requests, setRequests] = useState<readonly LoggedRequest[]>([]);
  const [isConnected, setConnected] = useState(false);
  useEffect(() => {
    document.title = 'Requests – Supabase Studio';
    const source = new EventSource('/__supabase/api/requests');
    source.addEventListener('open', () => {
      setConnected(true);
      // The server sends what it has kept once more.
      setRequests([]);
    });
    source.addEventListener('error', () => setConnected(false));
    source.addEventListener('message', ({ data }) => {
      const request = JSON.parse(String(data)) as LoggedRequest;
      setRequests((before) => [request, ...before].slice(0, SHOWN));
    });
    return () => source.close();
  }, []);
  return { requests, isConnected, clear: () => setRequests([]) };
}
