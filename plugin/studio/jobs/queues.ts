import { quote } from '../../explain/facts/quote.ts';
import { parseJson } from '../../shared/json.ts';
import { InvalidChange, type Change } from '../change.ts';
import { withConnection } from '../connection.ts';
import type { Read } from '../read.ts';

const SHOWN_MESSAGES = 50;

/** The queues of pgmq with their lengths and ages. */
export const listQueues: Read = (_query, { terminal }) =>
  terminal.explainer.read((session) =>
    session.rows(
      `select m.queue_name as name, m.queue_length::int as length, m.oldest_msg_age_sec as "oldestSeconds",
         m.total_messages::text as total from pgmq.metrics_all() m order by 1`,
    ),
  );

/** The first messages of the queue `name`, or of its archive; reading them changes nothing. */
export const peekQueue: Read = (query, { terminal }) =>
  terminal.explainer.read(async (session) => {
    const [queue] = await session.rows<{ table: string }>(
      `select pgmq.format_table_name(queue_name, $2) as table from pgmq.meta where queue_name = $1`,
      [query.get('name'), query.get('archive') === 'true' ? 'a' : 'q'],
    );
    if (!queue) return undefined;
    return session.rows(
      `select msg_id::text as id, read_ct as reads, (extract(epoch from enqueued_at) * 1000)::float8 as "enqueuedAt",
         (extract(epoch from vt) * 1000)::float8 as "visibleAt", vt > clock_timestamp() as "isHidden", left(message::text, 20000) as message, left(headers::text, 2000) as headers
       from pgmq.${quote(queue.table)} order by msg_id limit ${SHOWN_MESSAGES}`,
    );
  });

/** Sends `message` (JSON) to the queue `name`, visible after `delay` seconds. */
export const sendMessage: Change = ({ name, message, delay }, { options }) => {
  if (typeof message !== 'string' || parseJson(message) === undefined)
    throw new InvalidChange('The message is not JSON');
  return withConnection(options, async (client) => {
    await client.query('select pgmq.send($1::text, $2::jsonb, $3::integer)', [
      name,
      message,
      Number(delay) || 0,
    ]);
  });
};

/** Moves the message `id` of the queue `name` into its archive. */
export const archiveMessage: Change = ({ name, id }, { options }) =>
  withConnection(options, async (client) => {
    await client.query('select pgmq.archive($1::text, $2::bigint)', [name, id]);
  });

/** Deletes the message `id` of the queue `name`. */
export const deleteMessage: Change = ({ name, id }, { options }) =>
  withConnection(options, async (client) => {
    await client.query('select pgmq.delete($1::text, $2::bigint)', [name, id]);
  });
