import { useState, type FormEvent } from 'react';
import { useRead, type HomeState } from '../api.ts';
import { AnswerView } from './answer-view.tsx';
import { Card } from './card.tsx';
import { send, type Answer } from './replay.ts';

const METHODS = ['POST', 'GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

const CREDENTIALS = [
  ['publishableKey', 'publishable key'],
  ['secretKey', 'secret key'],
  ['anonKey', 'anon key (JWT)'],
  ['serviceRoleKey', 'service_role key (JWT)'],
] as const;

/** Calls a function as an app would, and shows its answer. */
export function InvokeForm({ path }: { path: string }) {
  const { value: home } = useRead<HomeState>('home');
  const [method, setMethod] = useState<string>('POST');
  const [rest, setRest] = useState('');
  const [credential, setCredential] = useState('publishableKey');
  const [headers, setHeaders] = useState('content-type: application/json');
  const [body, setBody] = useState('{"name": "World"}');
  const [answer, setAnswer] = useState<Answer | { readonly error: string }>();
  const hasBody = method !== 'GET' && method !== 'OPTIONS';
  const invoke = async (event: FormEvent) => {
    event.preventDefault();
    try {
      const sent = readHeaders(headers);
      const key = home?.keys?.[credential as (typeof CREDENTIALS)[number][0]];
      if (key !== undefined) {
        sent.set('apikey', key);
        if (key.startsWith('ey') && !sent.has('authorization')) sent.set('authorization', `Bearer ${key}`);
      }
      setAnswer(await send(`${path}${rest}`, { method, headers: sent, body: hasBody ? body : null }));
    } catch (error) {
      setAnswer({ error: String(error) });
    }
  };
  return (
    <Card title="Call it">
      <form onSubmit={(event) => void invoke(event)} className="invoke">
        <label>
          Method{' '}
          <select value={method} onChange={({ target }) => setMethod(target.value)}>
            {METHODS.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <label>
          With{' '}
          <select value={credential} onChange={({ target }) => setCredential(target.value)}>
            <option value="">no credential</option>
            {CREDENTIALS.map(([name, label]) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <label className="wide">
          Path and query after {path}
          <textarea
            rows={1}
            value={rest}
            placeholder="/path?query=1"
            onChange={({ target }) => setRest(target.value)}
          />
        </label>
        <label className="wide">
          Headers, one a line
          <textarea
            rows={2}
            spellCheck={false}
            value={headers}
            onChange={({ target }) => setHeaders(target.value)}
          />
        </label>
        {hasBody && (
          <label className="wide">
            Body
            <textarea
              rows={4}
              spellCheck={false}
              value={body}
              onChange={({ target }) => setBody(target.value)}
            />
          </label>
        )}
        <div className="actions wide">
          <button type="submit" className="primary">
            Call
          </button>
        </div>
      </form>
      {answer && ('error' in answer ? <p role="alert">{answer.error}</p> : <AnswerView answer={answer} />)}
    </Card>
  );
}

/** @throws TypeError for a line that is no header */
function readHeaders(text: string): Headers {
  const headers = new Headers();
  for (const line of text.split('\n')) {
    const [name = '', ...value] = line.split(':');
    if (line.trim() !== '') headers.append(name.trim(), value.join(':').trim());
  }
  return headers;
}
