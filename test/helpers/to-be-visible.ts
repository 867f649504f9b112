import type { Locator } from 'playwright-core';
import { expect } from 'vitest';

interface Options {
  /** In milliseconds. */
  readonly timeout?: number;
}

declare module 'vitest' {
  interface Matchers<T> {
    /** Waits until the element of a Playwright locator is visible. */
    toBeVisible(options?: Options): Promise<T extends Locator ? void : never>;
  }
}

expect.extend({
  async toBeVisible(locator: Locator, { timeout = 30_000 }: Options = {}) {
    const failure = await locator.waitFor({ timeout }).then(
      () => undefined,
      (error: unknown) => String(error),
    );
    return { pass: failure === undefined, message: () => failure ?? `${String(locator)} is visible` };
  },
});
