import type { Backend } from '../backend/backend.ts';
import { resolveBackend } from '../backend/resolve.ts';
import type { Environment } from '../shared/environment.ts';
import { silentLogger } from '../shared/logger.ts';

/** The backend that a dev server would choose now; `embedded` is only named, and not started. */
export type Choice =
  | { readonly backend: Backend }
  | { readonly backend?: undefined; readonly error?: unknown };

/** @returns without a backend for `embedded`, with the error of a choice that fails */
export async function chooseBackend(root: string, env: Environment): Promise<Choice> {
  let isEmbedded = false;
  try {
    const backend = await resolveBackend({
      root,
      env,
      logger: silentLogger,
      createEmbeddedBackend() {
        isEmbedded = true;
        return Promise.reject(new Error('not started by this command'));
      },
    });
    return { backend };
  } catch (error) {
    return isEmbedded ? {} : { error };
  }
}
