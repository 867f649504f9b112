import { errorMessage } from '../../shared/errors.ts';
import { nextRun, parseSchedule } from '../../stack/database-jobs/cron-schedule.ts';
import { InvalidChange, type Change } from '../change.ts';
import { withConnection } from '../connection.ts';
import type { Read } from '../read.ts';

/** A job of pg_cron. */
interface Job {
  readonly id: string;
  readonly name: string | null;
  readonly schedule: string;
  readonly command: string;
  readonly isActive: boolean;
  /** The latest first. */
  readonly runs: readonly {
    readonly id: string;
    readonly status: string;
    /** What it returned, or its error. */
    readonly message: string | null;
    /** Milliseconds since 1970. */
    readonly startedAt: number | null;
    readonly milliseconds: number | null;
  }[];
}

const JOBS = `
  select j.jobid::text as id, j.jobname as name, j.schedule, j.command, j.active as "isActive",
    coalesce((select jsonb_agg(r) from (
      select d.runid::text as id, d.status, left(d.return_message, 2000) as message,
        extract(epoch from d.start_time) * 1000 as "startedAt", extract(epoch from d.end_time - d.start_time) * 1000 as milliseconds
      from cron.job_run_details d where d.jobid = j.jobid order by d.runid desc limit 10) r), '[]') as runs
  from cron.job j order by j.jobid`;

/** The jobs with their latest runs, and when they run next. */
export const listJobs: Read = async (_query, { terminal }): Promise<unknown> => {
  const jobs = await terminal.explainer.read((session) => session.rows<Job & Record<string, unknown>>(JOBS));
  return jobs.map((job) => {
    const schedule = parseSchedule(job.schedule);
    return { ...job, nextAt: job.isActive && schedule ? nextRun(schedule, Date.now()) : undefined };
  });
};

/** Pauses the job `id`, or lets it run again (`isActive`). */
export const pauseJob: Change = ({ id, isActive }, { options }) =>
  withConnection(options, async (client) => {
    await client.query('select cron.alter_job($1::bigint, active := $2)', [id, isActive === true]);
  });

/** Runs the job `id` now, as its schedule would, and keeps the run with the others. */
export const runJob: Change = ({ id }, { options }) =>
  withConnection(options, async (client) => {
    const { rows } = await client.query<{ runid: string; command: string }>(
      `insert into cron.job_run_details (jobid, job_pid, database, username, command, status, start_time)
       select jobid, pg_backend_pid(), database, username, command, 'running', clock_timestamp() from cron.job where jobid = $1::bigint
       returning runid, command`,
      [id],
    );
    const [run] = rows;
    if (!run) throw new InvalidChange('There is no such job');
    const result = await client.query(run.command).then(
      (results: unknown) => {
        const last = (Array.isArray(results) ? results : [results]).at(-1) as {
          command?: string;
          rowCount?: number;
        };
        return { status: 'succeeded', message: `${last.command ?? ''} ${last.rowCount ?? ''}`.trim() };
      },
      (error: unknown) => ({ status: 'failed', message: `ERROR: ${errorMessage(error)}` }),
    );
    // The command may have left a transaction open, or another role.
    await client.query('rollback').catch(() => {});
    await client.query('reset all; reset role');
    await client.query(
      'update cron.job_run_details set status = $2, return_message = $3, end_time = clock_timestamp() where runid = $1',
      [run.runid, result.status, result.message],
    );
    return result;
  });
