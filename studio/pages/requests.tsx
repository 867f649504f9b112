import { useCallback, useEffect, useMemo, useState } from 'react';
import type { LoggedRequest } from '../api.ts';
import { decode } from '../parts/decode.ts';
import { RecordingHead } from '../parts/recording.tsx';
import { RequestDetails } from '../parts/request-details.tsx';
import { TimeBar } from '../parts/time-bar.tsx';
import { useEvents } from '../parts/use-events.ts';

const SHOWN = 200;

/** The latest requests of the API, the newest first. */
export default function Requests() {
  const { items: requests, isConnected, clear } = useEvents<LoggedRequest>('requests', SHOWN);
  const [text, setText] = useState('');
  const [onlyProblems, setOnlyProblems] = useState(false);
  const [chosenId, choose] = useState<number>();
  useEffect(() => {
    document.title = 'Requests – Supabase Studio';
  }, []);
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
      <RecordingHead current="HTTP" isConnected={isConnected} />
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
