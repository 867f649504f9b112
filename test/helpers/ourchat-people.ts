import { createServerClient } from '@supabase/ssr';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { WebSocket } from 'ws';
import type { Database } from '../../app/model/database.ts';
import { LOCAL_KEYS } from '../../plugin/stack/keys.ts';
import { launchChromium } from './chromium.ts';
import {
  newEmail,
  openVisitor,
  type OurChat,
  PASSWORD,
  startOurChat,
  type Visitor,
  waitForState,
} from './ourchat.ts';

/** A dev server and a browser for all tests of a file. */
export interface ChatAndBrowser {
  readonly chat: OurChat;
  readonly browser: Browser;
}

/** Starts both before the tests of the describe block in which it is called, and closes them after. */
export function useOurChat(...options: Parameters<typeof startOurChat>): ChatAndBrowser {
  const started: { chat?: OurChat; browser?: Browser } = {};
  beforeAll(async () => {
    [started.chat, started.browser] = await Promise.all([startOurChat(...options), launchChromium()]);
  });
  afterAll(async () => {
    await started.browser?.close();
    await started.chat?.[Symbol.asyncDispose]();
  });
  return started as ChatAndBrowser;
}

/**
 * Founds a family through the API, which is faster than through the page, and opens its first channel for each member.
 *
 * @param names the first one is the owner
 * @returns the members' pages, live, each in a context of its own with the session in its cookies
 */
export async function openFamily(
  { chat, browser }: ChatAndBrowser,
  family: string,
  names: readonly string[],
): Promise<Visitor[]> {
  const people = await Promise.all(names.map((name) => signUpByApi(chat.url, name)));
  const [owner, ...others] = people;
  if (!owner) throw new Error('A family needs an owner.');
  const { data } = await owner.client.rpc('create_family', { name: family }).throwOnError();
  for (const { client } of others) await client.rpc('join_family', { code: data.invite_code }).throwOnError();
  return Promise.all(
    people.map(async ({ cookies }) => {
      const visitor = await openVisitor(browser);
      await visitor.page.context().addCookies(cookies);
      await visitor.page.goto(`${chat.url}/family/${data.id}`);
      await waitForState(visitor.page, 'live');
      return visitor;
    }),
  );
}

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly url: string;
}

/** @returns a client with the session, and the cookies in which the page keeps it */
async function signUpByApi(url: string, name: string) {
  const cookies: Cookie[] = [];
  const client = createServerClient<Database>(url, LOCAL_KEYS.publishableKey, {
    cookies: {
      getAll: () => cookies.map((cookie) => ({ name: cookie.name, value: cookie.value })),
      setAll: (all) => void cookies.push(...all.map((one) => ({ name: one.name, value: one.value, url }))),
    },
    // Node 20 has no built-in WebSocket.
    realtime: { transport: WebSocket as never },
  });
  const { error } = await client.auth.signUp({
    email: newEmail(name),
    password: PASSWORD,
    options: { data: { display_name: name } },
  });
  if (error) throw error;
  return { client, cookies };
}
