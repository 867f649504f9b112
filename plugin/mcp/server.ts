import type { CallToolResult, ListToolsResult, Server, ServerContext } from '@modelcontextprotocol/server';
import type { SupabasePlatform } from '@supabase/mcp-server-supabase/platform';
import { errorMessage, SupabaseDevError } from '../shared/errors.ts';
import { reachesDocs } from './docs.ts';
import { EXPLAIN_WHY, explainWhy } from './explain-why.ts';
import { databaseOperations } from './operations/database.ts';
import { debuggingOperations } from './operations/debugging.ts';
import { developmentOperations } from './operations/development.ts';
import { functionsOperations } from './operations/functions.ts';
import { storageOperations } from './operations/storage.ts';
import type { McpPeer } from './peer.ts';
import type { FindProject } from './project.ts';

export interface McpServerOptions {
  readonly peer: McpPeer;
  readonly find: FindProject;
  /** Only tools that change nothing, and SQL in read-only transactions. */
  readonly isReadOnly: boolean;
}

/** What is a file of the project, or not there locally. */
const HIDDEN = new Set(['update_storage_config']);

/**
 * The official MCP server of Supabase on this project, with the tool `explain_why`. Account, branching and secrets are left
 * out: there is one project, on this machine.
 */
export async function createServer({ peer, find, isReadOnly }: McpServerOptions): Promise<Server> {
  const platform: SupabasePlatform = {
    database: databaseOperations(find),
    debugging: debuggingOperations(find),
    development: developmentOperations(find),
    functions: functionsOperations(find),
    storage: storageOperations(find),
  };
  const contentApiUrl = process.env.SUPABASE_CONTENT_API_URL;
  const server = peer.supabase.createSupabaseMcpServer({
    platform,
    // Scopes the server to one project, so that no tool asks for its id.
    projectId: 'local',
    readOnly: isReadOnly,
    contentApiUrl,
    // The description of search_docs is loaded with each list of tools, which fails without the network.
    features: [...((await reachesDocs(contentApiUrl)) ? ['docs'] : []), ...Object.keys(platform)],
  });
  addExplainWhy(server, find);
  return server;
}

function addExplainWhy(server: Server, find: FindProject): void {
  const list = handlerOf<ListToolsResult>(server, 'tools/list');
  const call = handlerOf<CallToolResult>(server, 'tools/call');
  server.setRequestHandler('tools/list', async (request, ctx) => {
    const { tools } = await list(request, ctx);
    return { tools: [EXPLAIN_WHY, ...tools.filter(({ name }) => !HIDDEN.has(name))] };
  });
  server.setRequestHandler('tools/call', async (request, ctx) => {
    const { name, arguments: args } = request.params;
    if (name !== EXPLAIN_WHY.name) return call(request, ctx);
    try {
      const text = JSON.stringify(await explainWhy(await find(), args));
      return { content: [{ type: 'text' as const, text }] };
    } catch (error) {
      const text = JSON.stringify({ error: { message: errorMessage(error) } });
      return { isError: true, content: [{ type: 'text' as const, text }] };
    }
  });
}

type Handler<Result> = (request: unknown, ctx: ServerContext) => Promise<Result>;

/**
 * The official server's own handler of a method, which ours passes on to: neither it nor the SDK has another way to add a tool.
 *
 * @throws SupabaseDevError MCP_MISSING for a version that has none
 */
function handlerOf<Result>(server: Server, method: string): Handler<Result> {
  const official = server as unknown as {
    _getRequestHandler?(method: string): Handler<Result> | undefined;
  };
  const handler = official._getRequestHandler?.(method);
  if (handler) return handler;
  throw new SupabaseDevError(
    'MCP_MISSING',
    'This version of @supabase/mcp-server-supabase is not supported',
    {
      hint: 'npm install --save-dev @supabase/mcp-server-supabase@0.13',
    },
  );
}
