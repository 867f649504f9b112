import type { Backend } from '../backend/backend.ts';
import type { GatewayTarget, HandlerUpstream } from '../gateway/target.ts';
import type { Studio, StudioOptions } from './studio.ts';

/** A backend with Studio, which is loaded by its first request. */
export function withStudio(options: StudioOptions): Backend {
  const { backend } = options;
  let loading: Promise<Studio> | undefined;
  const load = async (): Promise<Studio> => {
    const { Studio: Loaded } = await import('./studio.ts');
    return new Loaded(options);
  };
  const studio: HandlerUpstream = {
    kind: 'handler',
    handle: async (req, res) => (await (loading ??= load())).handle(req, res),
  };
  const extended = new WeakMap<GatewayTarget, GatewayTarget>();
  // For each request: the same object as long as the backend's target is the same.
  const extend = (target: GatewayTarget): GatewayTarget => {
    let known = extended.get(target);
    if (!known) extended.set(target, (known = { ...target, upstreams: { ...target.upstreams, studio } }));
    return known;
  };
  return {
    ...backend,
    target() {
      const target = backend.target();
      return target instanceof Promise ? target.then(extend) : extend(target);
    },
    describe: () => [...backend.describe(), { label: 'Studio', value: '/__supabase/' }],
    async close() {
      (await loading)?.close();
      await backend.close();
    },
  };
}
