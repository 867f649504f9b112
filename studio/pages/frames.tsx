import { useCallback, useEffect, useMemo, useState } from 'react';
import { useRead } from '../api.ts';
import { DetailPanel, Fact } from '../parts/detail-panel.tsx';
import { foldHeartbeats, isHeartbeats, type Frame, type FrameItem } from '../parts/fold-heartbeats.ts';
import { RecordingHead } from '../parts/recording.tsx';
import { formatBytes } from '../parts/format-bytes.ts';
import { TextBlock } from '../parts/text-block.tsx';
import { useEvents } from '../parts/use-events.ts';

const SHOWN = 500;

/** The latest messages of Realtime's sockets, the newest first. */
export default function Frames() {
  const { items, isConnected, clear } = useEvents<Frame>('frames', SHOWN);
  const [text, setText] = useState('');
  const [channel, setChannel] = useState('');
  const [chosenId, choose] = useState<number>();
  useEffect(() => {
    document.title = 'WebSocket – Supabase Studio';
  }, []);
  const channels = useMemo(
    () => [...new Set(items.map(({ topic }) => topic))].filter((topic) => topic !== 'phoenix').toSorted(),
    [items],
  );
  const shown = useMemo(() => {
    const matching = items.filter(
      (frame) =>
        (channel === '' || frame.topic === channel) &&
        `${frame.topic} ${frame.event} ${frame.about ?? ''}`.toLowerCase().includes(text.toLowerCase()),
    );
    return foldHeartbeats(matching);
  }, [items, channel, text]);
  const close = useCallback(() => choose(undefined), []);
  const chosen = items.find(({ id }) => id === chosenId);
  return (
    <>
      <RecordingHead current="WebSocket" isConnected={isConnected} />
      <div className="tools">
        <input
          type="search"
          aria-label="Filter messages"
          placeholder="Filter by event, table or channel"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <select aria-label="Channel" value={channel} onChange={(event) => setChannel(event.target.value)}>
          <option value="">Every channel</option>
          {channels.map((topic) => (
            <option key={topic} value={topic}>
              {shortTopic(topic)}
            </option>
          ))}
        </select>
        <button type="button" className="copy" onClick={clear}>
          Clear
        </button>
      </div>
      <div className={chosen ? 'split chosen' : 'split'}>
        <div className="requests">
          {shown.length === 0 ? (
            <p className="quiet empty">
              {items.length === 0
                ? 'No message yet. Joins, broadcasts, presence and changes of Realtime appear here.'
                : 'No message matches.'}
            </p>
          ) : (
            <ul aria-label="Messages">
              {shown.map((item) => (
                <li key={item.id}>
                  <FrameRow item={item} isChosen={item.id === chosenId} onChoose={() => choose(item.id)} />
                </li>
              ))}
            </ul>
          )}
        </div>
        {chosen && <FrameDetails key={chosen.id} frame={chosen} onClose={close} />}
      </div>
    </>
  );
}

function FrameRow({
  item,
  isChosen,
  onChoose,
}: {
  item: FrameItem;
  isChosen: boolean;
  onChoose: () => void;
}) {
  if (isHeartbeats(item)) {
    return (
      <p className="frame-heartbeats quiet">
        {item.count} heartbeat {item.count === 1 ? 'message' : 'messages'}
        <span className="meta">{new Date(item.at).toLocaleTimeString()}</span>
      </p>
    );
  }
  const { direction, event, about, topic, bytes, socket, at } = item;
  return (
    <button type="button" className="frame" aria-pressed={isChosen} onClick={onChoose}>
      <span className={`direction ${direction}`} title={DIRECTIONS[direction]}>
        <span aria-hidden="true">{direction === 'in' ? '↑' : '↓'}</span>
        <span className="hidden">{DIRECTIONS[direction]}</span>
      </span>
      <span className="url">
        {EVENTS[event] ?? event} {about !== undefined && <span className="quiet">{about}</span>}
      </span>
      <span className="topic quiet">
        {shortTopic(topic)} · socket {socket}
      </span>
      <span className="quiet bytes">{formatBytes(bytes)}</span>
      <span className="quiet bytes clock">{new Date(at).toLocaleTimeString()}</span>
    </button>
  );
}

const DIRECTIONS = { in: 'from the client', out: 'to the client' } as const;

const EVENTS: Readonly<Record<string, string>> = {
  phx_join: 'join',
  phx_leave: 'leave',
  phx_reply: 'reply',
  phx_close: 'closed',
  phx_error: 'error',
};

function shortTopic(topic: string): string {
  return topic.replace(/^realtime:/, '');
}

function FrameDetails({ frame, onClose }: { frame: Frame; onClose: () => void }) {
  const { id, direction, event, topic, socket, bytes, at } = frame;
  const { value, error } = useRead<{ readonly text: string; readonly isShortened: boolean }>(
    `frame?id=${id}`,
  );
  return (
    <DetailPanel label="Message" title={EVENTS[event] ?? event} onClose={onClose}>
      <dl>
        <Fact name="Channel">{topic}</Fact>
        <Fact name="Direction">
          {DIRECTIONS[direction]}, socket {socket}
        </Fact>
        <Fact name="At">{new Date(at).toLocaleTimeString()}</Fact>
        <Fact name="Size">{formatBytes(bytes)}</Fact>
      </dl>
      <h3>Payload</h3>
      {error !== undefined && <p role="alert">{error}</p>}
      {value && <TextBlock text={value.text} label="Copy the payload" />}
      {value?.isShortened && <p className="quiet">Only the first 64 KiB were kept.</p>}
    </DetailPanel>
  );
}
