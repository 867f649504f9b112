import { listFunctions } from './functions.ts';
import { listJobs } from './jobs/cron.ts';
import { listQueues, peekQueue } from './jobs/queues.ts';
import { listWebhooks } from './jobs/webhooks.ts';
import { listPages } from './optional-pages.ts';
import type { Read } from './read.ts';
import { listWarnings } from './warnings.ts';

/** What the pages read that the stack may not have: each name answers `GET /__supabase/api/<name>`. */
export const READS: Readonly<Record<string, Read>> = {
  pages: listPages,
  warnings: listWarnings,
  functions: listFunctions,
  cron: listJobs,
  queues: listQueues,
  queue: peekQueue,
  webhooks: listWebhooks,
};
