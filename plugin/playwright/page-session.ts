import type { BrowserContext, Page } from '@playwright/test';
import type { Session } from '@supabase/supabase-js';

/** Where the app's client keeps its session. */
export interface SessionPlace {
  /** `cookies` is what `@supabase/ssr` uses; supabase-js alone uses `localStorage`. */
  readonly storage: 'localStorage' | 'cookies';
  /** The client's `storageKey`. Default: `sb-localhost-auth-token`, as supabase-js names it on localhost. */
  readonly key?: string;
}

// @supabase/ssr src/utils/chunker.ts MAX_CHUNK_SIZE
const MAX_CHUNK = 3180;

/**
 * Puts a session where the app's client looks for it when a page is loaded.
 *
 * @param origin of the app
 */
export async function storeSession(
  target: Page | BrowserContext,
  session: Session,
  origin: string,
  { storage, key = 'sb-localhost-auth-token' }: SessionPlace,
): Promise<void> {
  const context = 'context' in target ? target.context() : target;
  const text = JSON.stringify(session);
  if (storage === 'cookies') await storeInCookies(context, key, text, origin);
  else await storeLocally(context, key, text, origin);
}

/** As @supabase/ssr writes it: base64url, in as many cookies as it needs. */
async function storeInCookies(
  context: BrowserContext,
  key: string,
  text: string,
  origin: string,
): Promise<void> {
  const value = `base64-${Buffer.from(text).toString('base64url')}`;
  const chunks = Array.from({ length: Math.ceil(value.length / MAX_CHUNK) }, (_, index) =>
    value.slice(index * MAX_CHUNK, (index + 1) * MAX_CHUNK),
  );
  // Those of an earlier user may be more.
  const former = (await context.cookies(origin)).filter(
    ({ name }) => name === key || name.startsWith(`${key}.`),
  );
  for (const { name } of former) await context.clearCookies({ name });
  await context.addCookies(
    chunks.map((chunk, index) => ({
      name: chunks.length === 1 ? key : `${key}.${index}`,
      value: chunk,
      url: origin,
      sameSite: 'Lax',
    })),
  );
}

/** Through an empty page of the origin, so that nothing of the app runs meanwhile. */
async function storeLocally(
  context: BrowserContext,
  key: string,
  text: string,
  origin: string,
): Promise<void> {
  const page = await context.newPage();
  try {
    await page.route('**', (route) => route.fulfill({ contentType: 'text/html', body: '' }));
    await page.goto(origin);
    await page.evaluate(`localStorage.setItem(${JSON.stringify(key)}, ${JSON.stringify(text)})`);
  } finally {
    await page.close();
  }
}
