import {
  createClient,
  type SupabaseClient,
  type SupabaseClientOptions,
  type User,
} from '@supabase/supabase-js';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { WebSocket } from 'ws';
import type { Fork, StackAddress } from '../start-stack.ts';

/** A mail that Auth has sent. */
export interface TestMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** The first link, by which the recipient confirms or signs in. */
  readonly link: string | undefined;
  /** The code of six or more digits. */
  readonly code: string | undefined;
}

export interface NewUser {
  /** Default: a random one. */
  readonly email?: string;
  /** Default: a random one. */
  readonly password?: string;
  readonly userMetadata?: Readonly<Record<string, unknown>>;
  readonly appMetadata?: Readonly<Record<string, unknown>>;
}

/** What a test has of its Supabase. */
export interface TestSupabase extends StackAddress {
  /** A client with the publishable key, not signed in. */
  readonly anon: SupabaseClient;
  /** A client of role `service_role`: row level security does not apply. */
  readonly admin: SupabaseClient;
  /** A new user with a confirmed address, and a client that is signed in as this user. */
  signIn(user?: NewUser): Promise<{ readonly client: SupabaseClient; readonly user: User }>;
  /** Another client; by default with the publishable key. */
  client(key?: string, options?: SupabaseClientOptions<'public'>): SupabaseClient;
  /** Waits up to ten seconds for the newest mail to an address. */
  mailTo(address: string): Promise<TestMail>;
  /** Runs one statement as role `postgres` and returns its rows. */
  sql<Row extends Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** @returns what tests use, and how to end it, without the fork */
export function createTestSupabase(fork: Fork): { supabase: TestSupabase; close: () => Promise<void> } {
  const clients: SupabaseClient[] = [];
  const pool = new pg.Pool({ connectionString: fork.dbUrl, max: 2 });
  pool.on('error', () => {});
  const client = (
    key: string = fork.publishableKey,
    options: SupabaseClientOptions<'public'> = {},
  ): SupabaseClient => {
    const created = createClient(fork.url, key, {
      ...options,
      auth: { persistSession: false, autoRefreshToken: false, ...options.auth },
      // Node before 22 has no WebSocket.
      realtime: { transport: WebSocket as never, ...options.realtime },
    });
    clients.push(created);
    return created;
  };
  const admin = client(fork.secretKey);
  const supabase: TestSupabase = {
    url: fork.url,
    dbUrl: fork.dbUrl,
    publishableKey: fork.publishableKey,
    secretKey: fork.secretKey,
    anonKey: fork.anonKey,
    serviceRoleKey: fork.serviceRoleKey,
    jwtSecret: fork.jwtSecret,
    anon: client(),
    admin,
    client,
    signIn: (user = {}) => signIn(admin, client(), user),
    mailTo: (address) => waitForMail(fork.url, address),
    async sql<Row extends Record<string, unknown>>(text: string, values: readonly unknown[] = []) {
      return (await pool.query<Row>(text, [...values])).rows;
    },
  };
  const close = async (): Promise<void> => {
    await Promise.allSettled(clients.map((each) => each.removeAllChannels()));
    await pool.end();
  };
  return { supabase, close };
}

async function signIn(
  admin: SupabaseClient,
  client: SupabaseClient,
  wanted: NewUser,
): Promise<{ client: SupabaseClient; user: User }> {
  const email = wanted.email ?? `user-${randomBytes(6).toString('hex')}@example.com`;
  const password = wanted.password ?? randomBytes(12).toString('base64url');
  const created = await admin.auth.admin.createUser({
    email,
    password,
    email_confirm: true,
    user_metadata: { ...wanted.userMetadata },
    app_metadata: { ...wanted.appMetadata },
  });
  if (created.error) throw created.error;
  const { data, error } = await client.auth.signInWithPassword({ email, password });
  if (error) throw error;
  return { client, user: data.user };
}

async function waitForMail(url: string, address: string): Promise<TestMail> {
  const response = await fetch(`${url}/__supabase/mail/api/v1/wait?to=${encodeURIComponent(address)}`);
  if (!response.ok) throw new Error(`No mail to ${address} arrived`);
  const { Subject, Text, HTML } = (await response.json()) as { Subject: string; Text: string; HTML: string };
  return {
    subject: Subject,
    text: Text,
    html: HTML,
    link: /href="([^"]+)"/.exec(HTML)?.[1]?.replaceAll('&amp;', '&'),
    code: /\b\d{6,10}\b/.exec(Text)?.[0],
  };
}
