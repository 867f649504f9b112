import type { SupabaseClient } from '@supabase/supabase-js';
import type { Page } from 'playwright-core';
import type { DevServer } from '../../helpers/dev-server.ts';

/** What the tests of one page share with those of the others: one dev server, and one tab. */
export interface PageUnderTest {
  readonly page: Page;
  readonly server: DevServer;
  /** A visitor's client, which keeps no session. */
  readonly client: () => SupabaseClient;
  /** axe's findings and sideways scrolling, in both colour schemes and at both widths. */
  readonly findings: () => Promise<string[]>;
  /** Writes pictures into the folder of STUDIO_SCREENSHOTS. */
  readonly makeScreenshot: (name: string) => Promise<void>;
}
