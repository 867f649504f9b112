import { useEffect } from 'react';
import { useRead } from '../api.ts';
import { Card } from '../parts/card.tsx';

/** As RealtimeState of plugin/shared/observations.ts. */
interface Channel {
  readonly topic: string;
  readonly isPrivate: boolean;
  readonly caller: { readonly role: string; readonly claims: Readonly<Record<string, unknown>> };
  readonly expiresAt: number;
  readonly presences: number;
  readonly subscriptions: readonly Subscription[];
}

interface Subscription {
  readonly event: string;
  readonly schema: string;
  readonly table: string;
  readonly filter?: string;
  readonly error?: string;
}

interface RealtimeView {
  readonly state: {
    readonly sockets: readonly { readonly protocol: string; readonly channels: readonly Channel[] }[];
  } | null;
  readonly published: readonly string[];
}

const REFRESH_MS = 2_000;

/** Who is connected, in which channels, and subscribed to what. */
export default function Realtime() {
  const { value, error, reload } = useRead<RealtimeView>('realtime');
  useEffect(() => {
    document.title = 'Realtime – Supabase Studio';
    const timer = setInterval(reload, REFRESH_MS);
    return () => clearInterval(timer);
  }, [reload]);
  if (error !== undefined) return <p role="alert">{error}</p>;
  if (!value) return <p className="quiet">Loading…</p>;
  const { state, published } = value;
  const sockets = state?.sockets ?? [];
  return (
    <>
      <div className="page-head">
        <h1>Realtime</h1>
        <p className="quiet">
          {state === null
            ? 'Realtime runs in another process; its own Studio shows its connections.'
            : `${sockets.length} ${sockets.length === 1 ? 'socket' : 'sockets'}, refreshed every two seconds.`}
        </p>
      </div>
      <div className="grid">
        <div className="column">
          {state !== null && sockets.length === 0 && (
            <Card title="No connection">
              <p className="quiet">A page connects when it subscribes to its first channel.</p>
            </Card>
          )}
          {sockets.map(({ protocol, channels }, at) => (
            // oxlint-disable-next-line react/no-array-index-key -- sockets have no name, and the cards no state
            <Card
              key={at}
              title={`Socket ${at + 1}`}
              action={<span className="quiet">protocol {protocol}</span>}
            >
              {channels.length === 0 && <p className="quiet">It has joined no channel.</p>}
              <ul className="list">
                {channels.map((channel) => (
                  <li key={channel.topic}>
                    <ChannelView channel={channel} published={published} />
                  </li>
                ))}
              </ul>
            </Card>
          ))}
        </div>
        <Card title="Publication supabase_realtime">
          {published.length === 0 ? (
            <p className="quiet">
              No table: postgres_changes sends nothing. Broadcast and presence need none.
            </p>
          ) : (
            <ul className="list">
              {published.map((table) => (
                <li key={table}>
                  <code>{table}</code>
                </li>
              ))}
            </ul>
          )}
        </Card>
      </div>
    </>
  );
}

function ChannelView({ channel, published }: { channel: Channel; published: readonly string[] }) {
  const { topic, isPrivate, caller, expiresAt, presences, subscriptions } = channel;
  const { email, sub } = caller.claims;
  const who = typeof email === 'string' ? email : typeof sub === 'string' ? sub : undefined;
  return (
    <>
      <p>
        <strong>{topic}</strong> {isPrivate && <span className="badge info">private</span>}{' '}
        <span className="quiet">
          {caller.role}
          {who !== undefined && ` (${who})`}, token until {new Date(expiresAt * 1000).toLocaleString()}
          {presences > 0 && `, ${presences} present`}
        </span>
      </p>
      {subscriptions.map((subscription) => (
        <SubscriptionView
          key={JSON.stringify(subscription)}
          subscription={subscription}
          published={published}
        />
      ))}
    </>
  );
}

function SubscriptionView({
  subscription,
  published,
}: {
  subscription: Subscription;
  published: readonly string[];
}) {
  const { event, schema, table, filter, error } = subscription;
  const isWatched = table === '*' || schema === '*' || published.includes(`${schema}.${table}`);
  return (
    <p className="subscription">
      <code>
        {event} {schema}.{table}
        {filter !== undefined && ` where ${filter}`}
      </code>
      {!isWatched && <span className="badge error">not in the publication</span>}
      {error !== undefined && <span className="badge error">{error}</span>}
    </p>
  );
}
