import { loadPeer } from './peer.ts';
import { RunningProject, type RunningProjectOptions } from './running-project.ts';
import { createServer } from './server.ts';

/**
 * Serves an agent over standard input and output, until the agent closes standard input or `stop` is aborted.
 *
 * @throws SupabaseDevError MCP_MISSING
 */
export async function serveAgent(
  options: RunningProjectOptions & { readonly isReadOnly: boolean; readonly stop: AbortSignal },
): Promise<void> {
  const { root, logger, isReadOnly, stop } = options;
  const peer = loadPeer(root);
  const project = new RunningProject(options);
  const handle = peer.stdio.serveStdio(() => createServer({ peer, find: () => project.find(), isReadOnly }), {
    onerror: (error) => logger.warn(`MCP: ${error.message}`),
  });
  await new Promise<void>((resolve) => {
    const end = (): void => resolve();
    process.stdin.once('end', end).once('close', end);
    stop.addEventListener('abort', end, { once: true });
  });
  await handle.close();
  await project.close();
}
