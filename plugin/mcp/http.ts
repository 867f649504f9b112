import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorMessage, SupabaseDevError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import { loadPeer, type McpPeer } from './peer.ts';
import type { AgentProject } from './project.ts';
import { createServer } from './server.ts';

export interface McpEndpointOptions {
  /** Absolute path of the folder that holds `supabase/`. */
  readonly root: string;
  /** @param url origin by which the client reached the endpoint */
  readonly findProject: (url: string) => Promise<AgentProject>;
  readonly logger: Logger;
}

/**
 * MCP over streamable HTTP at `/__supabase/mcp`; with `?read_only=true` nothing can be changed, as on hosted Supabase. The
 * gateway admits programs on this machine only, and no page.
 */
export class McpEndpoint {
  readonly #options: McpEndpointOptions;
  readonly #open = new Set<{ close(): Promise<void> }>();
  #peer: McpPeer | undefined;

  constructor(options: McpEndpointOptions) {
    this.#options = options;
  }

  async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { root, findProject, logger } = this.#options;
    try {
      this.#peer ??= loadPeer(root);
    } catch (error) {
      refuse(res, error);
      return;
    }
    const peer = this.#peer;
    const scheme = 'encrypted' in req.socket ? 'https' : 'http';
    const url = `${scheme}://${req.headers.host}`;
    const find = (): Promise<AgentProject> => findProject(url);
    const isReadOnly = /[?&]read_only=true(?:&|$)/.test(req.url ?? '');
    const onerror = (error: Error): void => logger.warn(`Supabase MCP: ${error.message}`);
    // Stateless: one server for each request, also for clients of the protocol of 2025.
    const handler = peer.sdk.createMcpHandler(() => createServer({ peer, find, isReadOnly }), {
      legacy: 'stateless',
      onerror,
    });
    this.#open.add(handler);
    res.once('close', () => {
      this.#open.delete(handler);
      void handler.close();
    });
    await peer.node.toNodeHandler(handler, { onerror })(req, res);
  }

  /** Ends the streams by which clients wait for news. */
  async close(): Promise<void> {
    await Promise.all([...this.#open].map((handler) => handler.close()));
  }
}

/** One line for whoever configured the client: what to install. */
function refuse(res: ServerResponse, error: unknown): void {
  const hint = error instanceof SupabaseDevError ? error.hint : undefined;
  const message = [errorMessage(error), hint].filter(Boolean).join('. What to do: ');
  const body = JSON.stringify({ jsonrpc: '2.0', error: { code: -32_000, message }, id: null });
  res.writeHead(501, { 'content-type': 'application/json' }).end(body);
}
