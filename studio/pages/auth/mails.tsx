import { useEffect, useState } from 'react';
import { Card } from '../../parts/card.tsx';

/** A mail of the stack's inbox, which speaks Mailpit's API. */
interface Mail {
  readonly ID: string;
  readonly Subject: string;
  readonly Created: string;
  readonly Snippet: string;
}

const INBOX = '/__supabase/mail';

/** The mails to a user, the newest first, as they arrive. */
export function Mails({ to }: { to: string | undefined }) {
  const mails = useMails(to);
  if (mails === undefined) return null;
  return (
    <Card title="Mails" action={<a href={`${INBOX}/`}>Inbox</a>}>
      {mails.length === 0 && <p className="quiet">None yet.</p>}
      <ul className="list">
        {mails.map(({ ID, Subject, Created, Snippet }) => (
          <li key={ID}>
            <a href={`${INBOX}/view/${ID}.html`} target="_blank" rel="noreferrer">
              {Subject}
            </a>{' '}
            <span className="quiet">{new Date(Created).toLocaleString()}</span>
            <p className="quiet snippet">{Snippet}</p>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** Undefined without an address, and where the inbox of the backend is not ours. */
function useMails(to: string | undefined): readonly Mail[] | undefined {
  const [mails, setMails] = useState<readonly Mail[]>();
  useEffect(() => {
    if (to === undefined) return undefined;
    const controller = new AbortController();
    follow(to, setMails, controller.signal).catch(() => {
      if (!controller.signal.aborted) setMails(undefined);
    });
    return () => controller.abort();
  }, [to]);
  return mails;
}

async function follow(
  to: string,
  show: (mails: readonly Mail[]) => void,
  signal: AbortSignal,
): Promise<void> {
  let newest = new Date().toISOString();
  while (!signal.aborted) {
    const query = new URLSearchParams({ query: `to:"${to}"`, limit: '10' });
    const found = await fetch(`${INBOX}/api/v1/search?${query}`, { signal });
    if (!found.ok) throw new Error('There is no inbox');
    const { messages } = (await found.json()) as { messages: readonly Mail[] };
    show(messages);
    newest = messages[0]?.ID ?? newest;
    const wait = new URLSearchParams({ to, after: newest, timeout: '25000' });
    // The inbox of the Supabase CLI cannot wait for a mail.
    if (!(await fetch(`${INBOX}/arrival?${wait}`, { signal })).ok) return;
  }
}
