import { styleText } from 'node:util';
import type { Plugin, PreviewServer, ViteDevServer } from 'vite';
import type { Backend } from '../backend/backend.ts';
import { PLUGIN_NAME, type PluginContext } from './plugin-context.ts';

/** Prints what runs behind the gateway among Vite's own lines of URLs. */
export function bannerPlugin(context: PluginContext): Plugin {
  const extend = (server: ViteDevServer | PreviewServer): void => {
    const { holder } = context;
    const printUrls = server.printUrls.bind(server);
    server.printUrls = () => {
      printUrls();
      if (holder?.backend) server.config.logger.info(formatBackend(holder.backend));
    };
  };
  return { name: `${PLUGIN_NAME}:banner`, configureServer: extend, configurePreviewServer: extend };
}

function formatBackend(backend: Backend): string {
  return backend
    .describe()
    .map(({ label, value }, index) => {
      const reason = index === 0 ? styleText('dim', ` (${backend.reason})`) : '';
      return `  ${styleText('green', '➜')}  ${styleText('bold', `${label}:`)} ${styleText('cyan', value)}${reason}`;
    })
    .join('\n');
}
