import { useEffect } from 'react';
import { useRead, type Explanation, type Finding, type Hint, type HomeState } from '../api.ts';
import { Card } from '../parts/card.tsx';
import { ExplanationView } from '../parts/explanation.tsx';
import { HealthCard } from '../parts/health.tsx';
import { useRefresh } from '../parts/use-refresh.ts';
import { ValueRow } from '../parts/value-row.tsx';

const KINDS: Readonly<Record<string, string>> = {
  embedded: 'Embedded stack',
  local: 'Supabase CLI stack',
  remote: 'Remote project',
};

/** What runs and why, addresses and keys, and what is wrong. */
export function Home() {
  const { value: home, error } = useRead<HomeState>('home');
  useEffect(() => {
    document.title = 'Supabase Studio';
  }, []);
  if (error !== undefined) return <p role="alert">Studio cannot read the backend: {error}</p>;
  if (!home) return <p className="quiet">Loading…</p>;
  return (
    <>
      <div className="page-head">
        <h1>{KINDS[home.kind] ?? home.kind}</h1>
        <p className="quiet">
          Chosen because: {home.reason}. Project {home.root}, Node.js {home.node}.
        </p>
      </div>
      <div className="grid">
        <Problems />
        <div className="column">
          <HealthCard keys={home.keys} />
          <Addresses home={home} />
          <Keys keys={home.keys} />
        </div>
      </div>
    </>
  );
}

function Problems() {
  const hints = useRead<readonly Hint[]>('hints');
  const findings = useRead<readonly Finding[]>('advisors');
  const reload = () => {
    hints.reload();
    findings.reload();
  };
  const action = (
    <button type="button" className="copy" onClick={reload}>
      Check again
    </button>
  );
  return (
    <div className="column">
      <Warnings />
      <Card title="What went wrong" action={action}>
        {hints.value?.length === 0 && (
          <p className="quiet">
            Nothing yet. Refused requests, answers without rows that policies cause, and changes that did not
            arrive appear here.
          </p>
        )}
        <ul className="list">
          {hints.value?.toReversed().map(({ count, explanation }) => (
            <li key={`${explanation.kind} ${explanation.subject}`}>
              <ExplanationView explanation={explanation} count={count} />
            </li>
          ))}
        </ul>
      </Card>
      <Card title="Advisors">
        {findings.error !== undefined && <p role="alert">{findings.error}</p>}
        {findings.value?.length === 0 && <p className="quiet">Nothing to advise.</p>}
        {(['security', 'performance'] as const).map((category) => {
          const ofCategory = findings.value?.filter((finding) => finding.category === category) ?? [];
          if (ofCategory.length === 0) return null;
          return (
            <div key={category}>
              <h3>{category === 'security' ? 'Security' : 'Performance'}</h3>
              <ul className="list">
                {ofCategory.map((finding) => (
                  <li key={`${finding.kind} ${finding.subject} ${finding.cause}`}>
                    <details>
                      <summary>
                        <span className={`badge ${finding.severity}`}>{finding.severity}</span>{' '}
                        {finding.subject} <span className="quiet">{finding.kind.replaceAll('_', ' ')}</span>
                      </summary>
                      <ExplanationView explanation={finding} />
                    </details>
                  </li>
                ))}
              </ul>
            </div>
          );
        })}
      </Card>
    </div>
  );
}

/** Only where there is something to warn of. */
function Warnings() {
  const { value: warnings, reload } = useRead<readonly Explanation[]>('warnings');
  useRefresh(reload);
  if (!warnings || warnings.length === 0) return null;
  return (
    <Card title="Warnings">
      <ul className="list">
        {warnings.map((warning) => (
          <li key={`${warning.kind} ${warning.subject}`}>
            <ExplanationView explanation={warning} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Addresses({ home }: { home: HomeState }) {
  const { origin } = window.location;
  const other = home.lines.filter(({ label }) => !['PostgreSQL', 'Mail', 'Studio'].includes(label));
  return (
    <Card title="Addresses">
      <dl>
        <ValueRow name="API" value={origin} />
        {home.databaseUrl !== undefined && <ValueRow name="PostgreSQL" value={home.databaseUrl} />}
        {other.map(({ label, value }) => (
          <div className="value-row" key={label}>
            <dt>{label}</dt>
            <dd>{/^https?:\/\/\S+$/.test(value) ? <a href={value}>{value}</a> : value}</dd>
          </div>
        ))}
      </dl>
      <p className="links">
        <a href="/__supabase/mail/">Mail inbox</a>
        <a href="/">Your app</a>
      </p>
    </Card>
  );
}

const KEY_NAMES = [
  ['publishableKey', 'Publishable key', false],
  ['anonKey', 'Anon key (legacy)', false],
  ['secretKey', 'Secret key', true],
  ['serviceRoleKey', 'Service role key (legacy)', true],
  ['jwtSecret', 'JWT secret', true],
] as const;

function Keys({ keys }: { keys: HomeState['keys'] }) {
  return (
    <Card title="Keys">
      <dl>
        {KEY_NAMES.map(([name, label, isSecret]) => {
          const value = keys?.[name];
          return value === undefined ? null : (
            <ValueRow key={name} name={label} value={value} isSecret={isSecret} />
          );
        })}
      </dl>
    </Card>
  );
}
