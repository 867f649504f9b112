import pg from 'pg';
import { errorMessage } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Database } from '../postgres/database.ts';
import { nextRun, parseSchedule, type Schedule } from './cron-schedule.ts';

interface Job {
  readonly id: string;
  readonly command: string;
  readonly username: string;
  readonly database: string;
  readonly schedule: Schedule;
  /** Milliseconds since 1970; undefined when it never comes. */
  next: number | undefined;
  isRunning: boolean;
}

/** Timers do not count the time that a machine sleeps: they are set anew at least this often. */
const MAX_WAIT_MS = 30_000;

/**
 * Runs the jobs of `cron.job` as citusdata/pg_cron does: each at most once at a time, on a connection of its own as role
 * `postgres`, with a row in `cron.job_run_details`. What was missed while the machine slept runs once.
 */
export class CronScheduler {
  readonly #database: Database;
  readonly #admin: pg.Pool;
  readonly #logger: Logger;
  #jobs = new Map<string, Job>();
  #timer: NodeJS.Timeout | undefined;
  readonly #running = new Map<pg.Client, Promise<void>>();
  #isClosed = false;

  /** @param admin connections as the superuser; the caller ends them */
  constructor(database: Database, admin: pg.Pool, logger: Logger) {
    this.#database = database;
    this.#admin = admin;
    this.#logger = logger;
  }

  /** Reads the jobs again after a change. */
  async wake(): Promise<void> {
    const { rows } = await this.#admin.query<{
      jobid: string;
      schedule: string;
      command: string;
      username: string;
      database: string;
    }>('select jobid, schedule, command, username, database from cron.job where active');
    if (this.#isClosed) return;
    const isFirst = this.#jobs.size === 0;
    const now = Date.now();
    const jobs = new Map<string, Job>();
    for (const { jobid, ...row } of rows) {
      const schedule = parseSchedule(row.schedule);
      if (!schedule) {
        this.#logger.warn(`pg_cron: job ${jobid} has an invalid schedule "${row.schedule}"`);
        continue;
      }
      const known = this.#jobs.get(jobid);
      const isSame = known && JSON.stringify(known.schedule) === JSON.stringify(schedule);
      const first = schedule.kind === 'start' && isFirst ? now : nextRun(schedule, now);
      jobs.set(jobid, {
        id: jobid,
        command: row.command,
        username: row.username,
        database: row.database,
        schedule,
        next: isSame ? known.next : first,
        isRunning: known?.isRunning ?? false,
      });
    }
    this.#jobs = jobs;
    this.#setTimer();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const running = [...this.#running];
    await Promise.allSettled(running.map(([client]) => client.end()));
    await Promise.allSettled(running.map(([, done]) => done));
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    const times = [...this.#jobs.values()].flatMap(({ next }) => next ?? []);
    if (times.length === 0 || this.#isClosed) return;
    const wait = Math.min(Math.max(Math.min(...times) - Date.now(), 0), MAX_WAIT_MS);
    this.#timer = setTimeout(() => this.#runDue(), wait).unref();
  }

  #runDue(): void {
    const now = Date.now();
    for (const job of this.#jobs.values()) {
      if (job.next === undefined || job.next > now) continue;
      job.next = nextRun(job.schedule, now);
      if (!job.isRunning) this.#start(job);
    }
    this.#setTimer();
  }

  #start(job: Job): void {
    job.isRunning = true;
    const client = new pg.Client({ ...this.#database.connection('postgres'), database: job.database });
    client.on('error', () => {});
    const done = this.#run(job, client)
      .catch((error: unknown) => {
        if (!this.#isClosed) this.#logger.warn(`pg_cron: job ${job.id}: ${errorMessage(error)}`);
      })
      .finally(() => {
        this.#running.delete(client);
        // A reload may have replaced the object.
        const current = this.#jobs.get(job.id);
        if (current) current.isRunning = false;
        job.isRunning = false;
      });
    this.#running.set(client, done);
  }

  async #run(job: Job, client: pg.Client): Promise<void> {
    const { rows } = await this.#admin.query<{ runid: string }>(
      `insert into cron.job_run_details (jobid, database, username, command, status, start_time)
       values ($1, $2, $3, $4, 'starting', clock_timestamp()) returning runid`,
      [job.id, job.database, job.username, job.command],
    );
    const run = rows[0]?.runid;
    const update = (status: string, message: string | null): Promise<unknown> =>
      this.#admin.query(
        `update cron.job_run_details set status = $2, return_message = $3, end_time = clock_timestamp() where runid = $1`,
        [run, status, message],
      );
    try {
      await client.connect();
      const { rows: pids } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
      await this.#admin.query(
        `update cron.job_run_details set status = 'running', job_pid = $2 where runid = $1`,
        [run, pids[0]?.pid],
      );
      const result: pg.QueryResult | pg.QueryResult[] = await client.query(job.command);
      const last = Array.isArray(result) ? result.at(-1) : result;
      await update('succeeded', last ? returnMessage(last) : null);
    } catch (error) {
      await update('failed', `ERROR: ${errorMessage(error)}`);
    } finally {
      await client.end();
    }
  }
}

/** "1 row" for a query, otherwise the command tag. */
function returnMessage({ command, rowCount }: pg.QueryResult): string {
  if (command === 'SELECT') return rowCount === 1 ? '1 row' : `${rowCount ?? 0} rows`;
  if (command === 'INSERT') return `INSERT 0 ${rowCount ?? 0}`;
  return rowCount === null ? command : `${command} ${rowCount}`;
}
