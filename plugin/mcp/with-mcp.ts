import type { Backend } from '../backend/backend.ts';
import type { GatewayTarget, HandlerUpstream } from '../gateway/target.ts';
import type { Logger } from '../shared/logger.ts';
import type { McpEndpoint } from './http.ts';
import type { AgentProject } from './project.ts';

export interface WithMcpOptions {
  readonly backend: Backend;
  /** Folder that holds `supabase/`. */
  readonly root: string;
  readonly logger: Logger;
}

/** A backend with the MCP server, which is loaded by its first request. */
export function withMcp({ backend, root, logger }: WithMcpOptions): Backend {
  let loading: Promise<McpEndpoint> | undefined;
  const load = async (): Promise<McpEndpoint> => {
    const { McpEndpoint: Loaded } = await import('./http.ts');
    return new Loaded({ root, logger, findProject: (url) => projectOf(backend, root, url) });
  };
  const mcp: HandlerUpstream = {
    kind: 'handler',
    handle: async (req, res) => (await (loading ??= load())).handle(req, res),
  };
  const extended = new WeakMap<GatewayTarget, GatewayTarget>();
  // For each request: the same object as long as the backend's target is the same.
  const extend = (target: GatewayTarget): GatewayTarget => {
    let known = extended.get(target);
    if (!known) extended.set(target, (known = { ...target, upstreams: { ...target.upstreams, mcp } }));
    return known;
  };
  return {
    ...backend,
    target() {
      const target = backend.target();
      return target instanceof Promise ? target.then(extend) : extend(target);
    },
    async close() {
      await (await loading?.catch(() => undefined))?.close();
      await backend.close();
    },
  };
}

async function projectOf(backend: Backend, root: string, url: string): Promise<AgentProject> {
  const { keys } = await backend.target();
  return {
    root,
    url,
    keys,
    exposedSchemas: backend.exposedSchemas ?? [],
    databaseUrl: backend.databaseUrl?.(),
    request: (command, args = {}) =>
      backend.request?.(command, args) ?? backend.observations.ask(command, args),
  };
}
