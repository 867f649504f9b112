import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import type { HomeState } from '../api.ts';
import { Card } from './card.tsx';

type Health = 'checking' | 'ok' | 'down';

/** Each service, a path that it answers, and the page about it. */
const SERVICES = [
  ['Auth', '/auth/v1/health', '/auth'],
  ['REST', '/rest/v1/', '/tables'],
  ['Realtime', '/realtime/v1/api/tenants/realtime-dev/health', '/realtime'],
  ['Storage', '/storage/v1/status', '/storage'],
] as const;

/** Whether each service answers, as the app would ask it. */
export function HealthCard({ keys }: { keys: HomeState['keys'] }) {
  const [health, setHealth] = useState<Readonly<Record<string, Health>>>({});
  const key = keys?.publishableKey ?? keys?.anonKey ?? '';
  useEffect(() => {
    let isCurrent = true;
    for (const [name, path] of SERVICES) {
      fetch(path, { headers: { apikey: key }, method: name === 'REST' ? 'HEAD' : 'GET' })
        .then(
          ({ status }) => (status < 500 ? 'ok' : 'down'),
          () => 'down' as const,
        )
        .then((result: Health) => {
          if (isCurrent) setHealth((before) => ({ ...before, [name]: result }));
        })
        .catch(() => {});
    }
    return () => {
      isCurrent = false;
    };
  }, [key]);
  return (
    <Card title="Health">
      <ul className="health">
        {SERVICES.map(([name, , page]) => {
          const state = health[name] ?? 'checking';
          return (
            <li key={name}>
              <span className={`dot ${state}`} aria-hidden="true" />
              <Link href={page}>{name}</Link> <span className="quiet">{STATES[state]}</span>
            </li>
          );
        })}
      </ul>
    </Card>
  );
}

const STATES = { checking: '…', ok: 'answers', down: 'does not answer' } as const;
