import type { ResolvedConfig } from 'vite';
import { expect, test } from 'vitest';
import { resolveOptions } from '../../../plugin/options.ts';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { planBackend } from '../../../plugin/vite/plan-backend.ts';
import type { PluginContext } from '../../../plugin/vite/plugin-context.ts';
import { makeProject } from '../../helpers/project.ts';

test('a remote backend needs nothing of supabase/config.toml', async () => {
  await using project = await makeProject({ 'supabase/config.toml': '[api\n' });
  const options = resolveOptions({ backend: 'remote', url: 'http://127.0.0.1:1' });
  const context = { options, projectRoot: project.root, logger: silentLogger } as PluginContext;
  const plan = await planBackend(context, { envDir: false, mode: 'development' } as ResolvedConfig, false);
  const backend = await plan.start(() => {});
  expect(backend.kind).toBe('remote');
  await backend.close();
});
