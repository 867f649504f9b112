import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { errorMessage } from '../../shared/errors.ts';
import type { StudioOptions } from '../options.ts';
import { sendJson } from '../send-json.ts';
import { asCaller, openTable, type TableAccess } from './as-caller.ts';
import { formatCsv } from './csv.ts';
import { readSelection, selectRows, type Selection } from './selection.ts';

const FETCHED_ROWS = 500;
const TIMEOUT_MS = 60_000;

/** Sends the selected rows as CSV (RFC 4180), as the caller sees them, a few hundred at a time. */
export async function sendExport(
  res: ServerResponse,
  query: URLSearchParams,
  options: StudioOptions,
): Promise<void> {
  try {
    const { schema, name, as } = Object.fromEntries(query);
    const access = await openTable({ schema, name, as }, options);
    await sendRows(res, access, readSelection(query), options);
  } catch (error) {
    // A file that has begun is cut off, so that nobody takes the part for the whole.
    if (res.headersSent) res.destroy();
    else sendJson(res, 400, { message: errorMessage(error) });
  }
}

function sendRows(
  res: ServerResponse,
  { table, columns, caller }: TableAccess,
  selection: Selection,
  options: StudioOptions,
): Promise<void> {
  const { text, params } = selectRows(table, columns, selection);
  const send = async (lines: string): Promise<void> => {
    if (!res.write(lines) && !res.destroyed) await Promise.race([once(res, 'drain'), once(res, 'close')]);
  };
  return asCaller(
    options,
    caller,
    async (client) => {
      await client.query(`declare export no scroll cursor for ${text}`, [...params]);
      for (let isFirst = true; !res.destroyed; isFirst = false) {
        // oxlint-disable no-await-in-loop -- one part after the other
        const { rows } = await client.query<{ cells: (string | null)[] }>(
          `fetch ${FETCHED_ROWS} from export`,
        );
        if (isFirst)
          await begin(
            res,
            table.name,
            send,
            columns.map(({ name }) => name),
          );
        await send(rows.map(({ cells }) => formatCsv(cells)).join(''));
        if (rows.length < FETCHED_ROWS) break;
        // oxlint-enable no-await-in-loop
      }
      res.end();
    },
    { isReadOnly: true, timeoutMs: TIMEOUT_MS },
  );
}

function begin(
  res: ServerResponse,
  name: string,
  send: (lines: string) => Promise<void>,
  header: readonly string[],
): Promise<void> {
  res.writeHead(200, {
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name)}.csv`,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  return send(formatCsv(header));
}
