import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorMessage } from '../shared/errors.ts';
import { isObject, parseJson } from '../shared/json.ts';
import { readBody } from '../stack/http/read-body.ts';
import { InvalidChange, type Change } from './change.ts';
import type { StudioOptions } from './options.ts';
import { pauseJob, runJob } from './jobs/cron.ts';
import { archiveMessage, deleteMessage, sendMessage } from './jobs/queues.ts';
import { deleteRows, updateCell } from './rows/change-rows.ts';
import { importRows, previewImport } from './rows/import-rows.ts';
import { insertRow } from './rows/insert.ts';
import { sendJson } from './send-json.ts';
import { endSessions } from './sessions.ts';
import { runSql } from './sql/run-sql.ts';

/** What pages can change: each name answers `POST /__supabase/api/<name>` with a JSON object. */
const CHANGES: Readonly<Record<string, Change>> = {
  'row-insert': insertRow,
  'cell-update': updateCell,
  'rows-delete': deleteRows,
  'import-preview': previewImport,
  'rows-import': importRows,
  'cron-pause': pauseJob,
  'cron-run': runJob,
  'queue-send': sendMessage,
  'queue-archive': archiveMessage,
  'queue-delete': deleteMessage,
  sql: runSql,
  'end-sessions': endSessions,
};

const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** Answers one request that changes something. The gateway has admitted the caller: it may be admin. */
export async function answerChange(
  req: IncomingMessage,
  res: ServerResponse,
  name: string,
  options: StudioOptions,
): Promise<void> {
  const refusal = refuseChange(req);
  if (refusal) {
    sendJson(res, refusal.status, { message: refusal.message });
    return;
  }
  const change = Object.hasOwn(CHANGES, name) ? CHANGES[name] : undefined;
  if (!change) {
    sendJson(res, 404, { message: `Studio cannot change ${name}` });
    return;
  }
  const body = await readBody(req, MAX_BODY_BYTES);
  if (body === 'aborted') return;
  const input = body === 'too-large' ? undefined : parseJson(body.toString('utf8'));
  if (!isObject(input)) {
    const message = body === 'too-large' ? 'The body is larger than 10 MiB' : 'The body is not a JSON object';
    sendJson(res, body === 'too-large' ? 413 : 400, { message });
    return;
  }
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  try {
    sendJson(res, 200, (await change(input, { options, signal: gone.signal })) ?? null);
  } catch (error) {
    sendJson(res, error instanceof InvalidChange ? 400 : 503, { message: errorMessage(error) });
  }
}

/**
 * Why a request may not change anything: a page of the own origin must have sent it, as only the browser can tell, with
 * a content type that no form has and no foreign page can send without asking first.
 */
function refuseChange({
  headers,
}: IncomingMessage): { readonly status: number; readonly message: string } | undefined {
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  // The gateway has refused every Origin but the own one; browsers without Sec-Fetch-Site send Origin with each POST.
  const isOwn = site === undefined ? origin !== undefined : site === 'same-origin';
  if (!isOwn)
    return { status: 403, message: 'Only a page of this origin changes something: send its Origin header' };
  if (!/^application\/json\s*(?:;|$)/i.test(headers['content-type'] ?? ''))
    return { status: 415, message: 'Changes are sent as application/json' };
  return undefined;
}
