import { useState } from 'react';
import { useRead, type Explanation, type LoggedRequest } from '../api.ts';
import { ConfirmButton } from './confirm-button.tsx';
import { CopyButton } from './copy-button.tsx';
import { decode } from './decode.ts';
import { AnswerView } from './answer-view.tsx';
import { DetailPanel, Fact } from './detail-panel.tsx';
import { ExplanationView } from './explanation.tsx';
import { replay, type Answer } from './replay.ts';
import { Statements } from './statements.tsx';
import { TextBlock } from './text-block.tsx';
import { toCurl } from './to-curl.ts';

/** Everything known about one request. */
export function RequestDetails({ request, onClose }: { request: LoggedRequest; onClose: () => void }) {
  const { method, url, status, credential, time, hasCause, at, body, isBodyLost } = request;
  const [answer, setAnswer] = useState<Answer | { readonly error: string }>();
  const path = url.split('?', 1)[0];
  const sendAgain = () => {
    replay(request).then(setAnswer, (error: unknown) => setAnswer({ error: String(error) }));
  };
  return (
    <DetailPanel
      label="Request"
      title={`${method} ${path}`}
      onClose={onClose}
      actions={
        <>
          <CopyButton text={toCurl(request, window.location.origin)} label="Copy as curl">
            Copy as curl
          </CopyButton>
          <ConfirmButton
            question={`Send ${method} ${path} again? It may change data.`}
            confirm="Send again"
            isHarmless={method === 'GET' || method === 'HEAD'}
            disabled={isBodyLost}
            onConfirm={sendAgain}
          >
            Replay
          </ConfirmButton>
        </>
      }
    >
      {answer && ('error' in answer ? <p role="alert">{answer.error}</p> : <AnswerView answer={answer} />)}
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
        {isBodyLost && <Fact name="Body">larger than 64 KiB: not kept, and not to be replayed</Fact>}
        {body && 'base64' in body && <Fact name="Body">{atob(body.base64).length} bytes, not text</Fact>}
      </dl>
      {body && 'text' in body && (
        <>
          <h3>Body</h3>
          <TextBlock text={body.text} label="Copy the body" />
        </>
      )}
      <Statements request={request} />
    </DetailPanel>
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
