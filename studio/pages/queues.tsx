import { useState, type FormEvent } from 'react';
import { Link, useParams } from 'wouter';
import { useRead } from '../api.ts';
import { Card } from '../parts/card.tsx';
import { ConfirmButton } from '../parts/confirm-button.tsx';
import { formatSeconds, formatTime } from '../parts/format-time.ts';
import { PageHead } from '../parts/page-head.tsx';
import { TextBlock } from '../parts/text-block.tsx';
import { useChange } from '../parts/use-change.ts';
import { useRefresh } from '../parts/use-refresh.ts';
import { useTitle } from '../parts/use-title.ts';

/** As plugin/studio/jobs/queues.ts. */
interface Queue {
  readonly name: string;
  readonly length: number;
  readonly oldestSeconds: number | null;
  readonly total: string;
}

interface Message {
  readonly id: string;
  readonly reads: number;
  readonly enqueuedAt: number;
  readonly visibleAt: number;
  /** Somebody has read it, and may still delete it. */
  readonly isHidden: boolean;
  readonly message: string;
  readonly headers: string | null;
}

/** The queues of pgmq, and the messages of the chosen one. */
export default function Queues() {
  const { name } = useParams<{ name?: string }>();
  useTitle(name ?? 'Queues');
  const { value: queues, error, reload } = useRead<readonly Queue[]>('queues');
  useRefresh(reload);
  return (
    <>
      <PageHead title="Queues">Looking at messages neither reads nor hides them.</PageHead>
      {error !== undefined && <p role="alert">{error}</p>}
      {queues?.length === 0 && (
        <Card title="No queue">
          <p className="quiet">
            Create one: <code>select pgmq.create(&apos;tasks&apos;);</code>
          </p>
        </Card>
      )}
      <div className="tables">
        {queues && queues.length > 0 && (
          <ul className="requests entries" aria-label="Queues">
            {queues.map((queue) => (
              <li key={queue.name}>
                <Link
                  className="entry"
                  href={`/queues/${encodeURIComponent(queue.name)}`}
                  aria-current={queue.name === name ? 'page' : undefined}
                >
                  <strong>{queue.name}</strong>
                  <span className="quiet">
                    {queue.length} waiting
                    {queue.oldestSeconds !== null && `, oldest ${formatSeconds(queue.oldestSeconds)}`},{' '}
                    {queue.total} sent so far
                  </span>
                </Link>
              </li>
            ))}
          </ul>
        )}
        {name !== undefined && <QueueView key={name} name={name} reloadQueues={reload} />}
      </div>
    </>
  );
}

function QueueView({ name, reloadQueues }: { name: string; reloadQueues: () => void }) {
  const [isArchive, showArchive] = useState(false);
  const query = new URLSearchParams({ name, archive: String(isArchive) });
  const { value: messages, error: failure, reload } = useRead<readonly Message[]>(`queue?${query}`);
  useRefresh(reload);
  const { error, run } = useChange(() => {
    reload();
    reloadQueues();
  });
  return (
    <Card
      title={name}
      action={
        <label>
          <input type="checkbox" checked={isArchive} onChange={() => showArchive(!isArchive)} /> Archive
        </label>
      }
    >
      {!isArchive && <SendForm send={(message, delay) => run('queue-send', { name, message, delay })} />}
      {(error ?? failure) !== undefined && <p role="alert">{error ?? failure}</p>}
      {messages?.length === 0 && (
        <p className="quiet">{isArchive ? 'The archive is empty.' : 'No message waits.'}</p>
      )}
      <ul className="list" aria-label="Messages">
        {messages?.map((message) => (
          <li key={message.id}>
            <div className="card-head">
              <span className="quiet">
                #{message.id}, {formatTime(message.enqueuedAt)}, read {message.reads} times
                {message.isHidden && `, hidden until ${formatTime(message.visibleAt)}`}
              </span>
              {!isArchive && (
                <>
                  <button
                    type="button"
                    className="copy"
                    aria-label={`Archive message ${message.id}`}
                    onClick={() => void run('queue-archive', { name, id: message.id })}
                  >
                    Archive
                  </button>
                  <ConfirmButton
                    question={`Delete message ${message.id} of ${name}?`}
                    confirm="Delete"
                    onConfirm={() => void run('queue-delete', { name, id: message.id })}
                  >
                    Delete
                  </ConfirmButton>
                </>
              )}
            </div>
            <TextBlock text={message.message} label={`Copy message ${message.id}`} />
            {message.headers !== null && <p className="quiet">Headers: {message.headers}</p>}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function SendForm({ send }: { send: (message: string, delay: number) => Promise<void> }) {
  const [message, setMessage] = useState('{}');
  const [delay, setDelay] = useState(0);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void send(message, delay);
  };
  return (
    <form className="filters" onSubmit={submit} aria-label="Send a message">
      <textarea
        aria-label="Message (JSON)"
        rows={2}
        spellCheck={false}
        value={message}
        onChange={({ target }) => setMessage(target.value)}
      />
      <label>
        after{' '}
        <input
          type="number"
          className="short"
          min={0}
          aria-label="Delay in seconds"
          value={delay}
          onChange={({ target }) => setDelay(target.valueAsNumber || 0)}
        />{' '}
        s
      </label>
      <button type="submit" className="copy">
        Send
      </button>
    </form>
  );
}
