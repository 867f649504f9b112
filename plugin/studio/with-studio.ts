import type { Backend } from '../backend/backend.ts';
import { withUpstream } from '../backend/with-upstream.ts';
import type { StudioOptions } from './options.ts';
import type { Studio } from './studio.ts';

/** A backend with Studio, which is loaded by its first request. */
export function withStudio(options: StudioOptions): Backend {
  const { backend } = options;
  let loading: Promise<Studio> | undefined;
  const load = async (): Promise<Studio> => {
    const { Studio: Loaded } = await import('./studio.ts');
    return new Loaded(options);
  };
  return {
    ...withUpstream(backend, 'studio', {
      kind: 'handler',
      handle: async (req, res) => (await (loading ??= load())).handle(req, res),
    }),
    describe: () => [...backend.describe(), { label: 'Studio', value: '/__supabase/' }],
    async close() {
      (await loading)?.close();
      await backend.close();
    },
  };
}
