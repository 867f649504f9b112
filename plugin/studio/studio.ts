import type { IncomingMessage, ServerResponse } from 'node:http';
import { runAdvisors } from '../explain/advisors/run.ts';
import type { GatewayKeys } from '../gateway/target.ts';
import { errorMessage } from '../shared/errors.ts';
import { explainHiddenRow } from '../explain/hidden-row.ts';
import type { ReadSession } from '../explain/facts/explain-database.ts';
import { publishedTables } from '../explain/facts/publication.ts';
import { answerChange } from './changes.ts';
import { EventStreams } from './event-streams.ts';
import { FrameLog } from './frame-log.ts';
import { ServiceLog } from './logs/service-log.ts';
import type { StudioOptions } from './options.ts';
import { sendPage } from './pages.ts';
import { planRequest } from './plan.ts';
import { READS } from './reads.ts';
import { RequestLog } from './request-log.ts';
import { sendJson } from './send-json.ts';
import { sendExport } from './rows/export-rows.ts';
import { readPageOfRows } from './rows/read-page.ts';
import { readSelection } from './rows/selection.ts';
import { listSessions } from './sessions.ts';
import { readCatalogue } from './sql/catalogue.ts';
import { listStoragePolicies } from './storage-policies.ts';
import { callerFor, describeTable, listRoles, listTables, listUsers } from './tables.ts';

/**
 * The pages at `/__supabase/`, and what they ask. The gateway admits only callers that may be admin: this machine, and
 * pages of the own origin.
 */
export class Studio {
  readonly #options: StudioOptions;
  readonly #requests: RequestLog;
  readonly #frames: FrameLog;
  readonly #log: ServiceLog;
  readonly #streams = new EventStreams();
  #keys: GatewayKeys | undefined;

  constructor(options: StudioOptions) {
    this.#options = options;
    this.#requests = new RequestLog(options.backend.observations, () => this.#keys);
    const { observations, logFile } = options.backend;
    this.#frames = new FrameLog(observations.frames);
    this.#log = new ServiceLog({ output: observations.output, logFile });
  }

  async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = req;
    const [path = '/', query = ''] = url.split('?', 2);
    if (method !== 'GET' && method !== 'HEAD' && method !== 'POST') {
      res.writeHead(405, { allow: 'GET, HEAD, POST' }).end();
      return;
    }
    this.#keys = (await this.#options.backend.target()).keys;
    if (method === 'POST') {
      await answerChange(req, res, path.replace(/^\/api\//, ''), this.#options);
      return;
    }
    if (path === '/api/requests') this.#streams.open(res, this.#requests);
    else if (path === '/api/frames') this.#streams.open(res, this.#frames);
    else if (path === '/api/logs') this.#streams.open(res, this.#log);
    else if (path === '/api/export') await sendExport(res, new URLSearchParams(query), this.#options);
    else if (path.startsWith('/api/'))
      await this.#answer(res, path.slice('/api/'.length), new URLSearchParams(query));
    else await sendPage(res, path, method === 'HEAD');
  }

  /** Ends the streams of open pages. */
  close(): void {
    this.#requests.close();
    this.#frames.close();
    this.#log.close();
    this.#streams.close();
  }

  async #answer(res: ServerResponse, name: string, query: URLSearchParams): Promise<void> {
    try {
      const value = await this.#read(name, query);
      if (value === undefined) sendJson(res, 404, { message: `Studio has no ${name}` });
      else sendJson(res, 200, value);
    } catch (error) {
      sendJson(res, 503, { message: errorMessage(error) });
    }
  }

  #read(name: string, query: URLSearchParams): unknown {
    const { terminal, exposedSchemas } = this.#options;
    const table = { schema: query.get('schema') ?? '', name: query.get('name') ?? '' };
    switch (name) {
      case 'home':
        return this.#home();
      case 'hints':
        return terminal.hints?.list() ?? [];
      case 'advisors':
        if (this.#options.backend.databaseUrl?.() === undefined) return [];
        return terminal.explainer.read((session) => runAdvisors(session, exposedSchemas));
      case 'realtime':
        return this.#inDatabase(async (session) => ({
          state: this.#options.backend.observations.realtime() ?? null,
          published: await publishedTables(session),
        }));
      case 'tables':
        return this.#inDatabase(listTables);
      case 'catalogue':
        return this.#inDatabase(readCatalogue);
      case 'sessions':
        return this.#inDatabase((session) => listSessions(session, query.get('user') ?? ''));
      case 'storage-policies':
        return this.#inDatabase((session) => listStoragePolicies(session, query.get('bucket') ?? ''));
      case 'roles':
        return this.#inDatabase(listRoles);
      case 'users':
        return this.#inDatabase(listUsers);
      case 'table':
        return this.#inDatabase((session) => describeTable(session, table.schema, table.name));
      case 'rows':
        return this.#inDatabase(async (session) => {
          const caller = await callerFor(session, query.get('as') ?? '');
          const page = Math.min(Math.max(Number(query.get('page') ?? 0) || 0, 0), 1_000_000);
          return caller === null
            ? undefined
            : readPageOfRows(session, table, caller, {
                ...readSelection(query),
                page: Math.floor(page),
              });
        });
      case 'why-hidden':
        return this.#inDatabase(async (session) => {
          const caller = await callerFor(session, query.get('as') ?? '');
          return (caller && (await explainHiddenRow(session, table, caller))) ?? null;
        });
      case 'why':
        return this.#explain(Number(query.get('id')));
      case 'plan':
        return this.#inDatabase((session) =>
          planRequest(session, this.#requests.causeOf(Number(query.get('id')))),
        );
      case 'frame':
        return this.#frames.payloadOf(Number(query.get('id')));
      default:
        return Object.hasOwn(READS, name) ? READS[name]?.(query, this.#options) : undefined;
    }
  }

  #inDatabase<T>(work: (session: ReadSession) => Promise<T>): Promise<T> {
    return this.#options.terminal.explainer.read(work);
  }

  #home(): unknown {
    const { backend, root } = this.#options;
    return {
      kind: backend.kind,
      reason: backend.reason,
      root,
      lines: backend.describe(),
      node: process.versions.node,
      databaseUrl: backend.databaseUrl?.(),
      keys: this.#keys && {
        publishableKey: this.#keys.publishableKey,
        secretKey: this.#keys.secretKey,
        anonKey: this.#keys.anonKey,
        serviceRoleKey: this.#keys.serviceRoleKey,
        jwtSecret: this.#keys.jwtSecret,
      },
    };
  }

  /** The explanation of a request; null where there is none. */
  async #explain(id: number): Promise<unknown> {
    const cause = this.#requests.causeOf(id);
    return (cause && (await this.#options.terminal.explainer.explain(cause))) ?? null;
  }
}
