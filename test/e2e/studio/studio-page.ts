import type { Page } from 'playwright-core';
import type { DevServer } from '../../helpers/dev-server.ts';

/** Studio in Chromium, for the tests of single pages; valid while tests run. */
export interface StudioPage {
  readonly server: DevServer;
  readonly page: Page;
  /** Opens a page of Studio, such as `tables/public/notes`. */
  readonly open: (path: string) => Promise<void>;
  /** What axe finds, and pages that scroll sideways, in both colour schemes and at both widths. */
  readonly findings: () => Promise<string[]>;
  /** Pictures of the page in the folder STUDIO_SCREENSHOTS, if it is set. */
  readonly makeScreenshot: (name: string) => Promise<void>;
}
