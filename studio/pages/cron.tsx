import { toString as describe } from 'cronstrue';
import { useRead } from '../api.ts';
import { Card } from '../parts/card.tsx';
import { ConfirmButton } from '../parts/confirm-button.tsx';
import { formatSeconds, formatTime } from '../parts/format-time.ts';
import { PageHead } from '../parts/page-head.tsx';
import { useChange } from '../parts/use-change.ts';
import { useRefresh } from '../parts/use-refresh.ts';
import { useTitle } from '../parts/use-title.ts';

/** As plugin/studio/jobs/cron.ts. */
interface Job {
  readonly id: string;
  readonly name: string | null;
  readonly schedule: string;
  readonly command: string;
  readonly isActive: boolean;
  readonly nextAt?: number;
  readonly runs: readonly Run[];
}

interface Run {
  readonly id: string;
  readonly status: string;
  readonly message: string | null;
  readonly startedAt: number | null;
  readonly milliseconds: number | null;
}

/** The jobs of pg_cron. */
export default function Cron() {
  useTitle('Cron');
  const { value: jobs, error, reload } = useRead<readonly Job[]>('cron');
  useRefresh(reload);
  return (
    <>
      <PageHead title="Cron">Jobs of pg_cron; schedules are in UTC.</PageHead>
      {error !== undefined && <p role="alert">{error}</p>}
      {jobs?.length === 0 && (
        <Card title="No job">
          <p className="quiet">
            Schedule one:{' '}
            <code>select cron.schedule(&apos;nightly&apos;, &apos;0 3 * * *&apos;, &apos;…&apos;);</code>
          </p>
        </Card>
      )}
      <div className="column">
        {jobs?.map((job) => (
          <JobCard key={job.id} job={job} reload={reload} />
        ))}
      </div>
    </>
  );
}

function JobCard({ job, reload }: { job: Job; reload: () => void }) {
  const { id, name, schedule, command, isActive, nextAt, runs } = job;
  const { error, run } = useChange(reload);
  const title = name ?? `Job ${id}`;
  return (
    <Card
      title={title}
      action={
        <>
          {!isActive && <span className="badge warning">paused</span>}
          <ConfirmButton
            question={`Run ${title} now? Its command changes what it changes on schedule.`}
            confirm="Run"
            onConfirm={() => void run('cron-run', { id })}
          >
            Run now
          </ConfirmButton>
          <button
            type="button"
            className="copy"
            onClick={() => void run('cron-pause', { id, isActive: !isActive })}
          >
            {isActive ? 'Pause' : 'Resume'}
          </button>
        </>
      }
    >
      {error !== undefined && <p role="alert">{error}</p>}
      <p>
        {inWords(schedule)} <code className="quiet">{schedule}</code>
        {nextAt !== undefined && <span className="quiet">, next {formatTime(nextAt)}</span>}
      </p>
      <pre>
        <code>{command}</code>
      </pre>
      <h3>Last runs</h3>
      {runs.length === 0 && <p className="quiet">None yet.</p>}
      <ul className="runs">
        {runs.map(({ id: runId, status, message, startedAt, milliseconds }) => (
          <li key={runId}>
            <span className={`badge ${status === 'failed' ? 'error' : 'info'}`}>{status}</span>{' '}
            <span className="quiet">
              {startedAt !== null && formatTime(startedAt)}
              {milliseconds !== null && `, ${formatSeconds(milliseconds / 1000)}`}
            </span>{' '}
            {message}
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** A schedule as a sentence; as it is where it is none of cron's. */
function inWords(schedule: string): string {
  const seconds = /^\s*(\d+)\s+seconds?\s*$/i.exec(schedule)?.[1];
  if (seconds !== undefined) return seconds === '1' ? 'Every second' : `Every ${seconds} seconds`;
  if (schedule.trim().toLowerCase() === '@reboot') return 'When the database starts';
  return describe(schedule.replace('$', 'L'), { throwExceptionOnParseError: false, verbose: true });
}
