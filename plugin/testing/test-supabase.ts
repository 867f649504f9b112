import {
  createClient,
  type Session,
  type SupabaseClient,
  type SupabaseClientOptions,
  type User,
} from '@supabase/supabase-js';
import pg from 'pg';
import { WebSocket } from 'ws';
import type { Fork, StackAddress } from '../start-stack.ts';
import { waitForMail, type TestMail } from './mails.ts';
import { passTime } from './pass-time.ts';
import { createUser, startSession, withExpiry, type NewUser } from './users.ts';

/** What a test has of its Supabase. */
export interface TestSupabase extends StackAddress {
  /** A client with the publishable key, not signed in. */
  readonly anon: SupabaseClient;
  /** A client of role `service_role`: row level security does not apply. */
  readonly admin: SupabaseClient;
  /** A new user with a confirmed address, and a client that is signed in as this user. */
  signIn(user?: NewUser): Promise<SignedIn>;
  /** Another client; by default with the publishable key. */
  client(key?: string, options?: SupabaseClientOptions<'public'>): SupabaseClient;
  /** Waits up to ten seconds for the newest mail to an address. */
  mailTo(address: string): Promise<TestMail>;
  /** Runs one statement as role `postgres` and returns its rows. */
  sql<Row extends Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /**
   * Lets time pass for Auth: codes and links expire, sessions reach their limits, another mail may be sent. An access token
   * that is out keeps its own time: see `signIn({ expiresIn })`.
   *
   * @param interval as PostgreSQL reads it: `1 hour`, `2 days`
   */
  passTime(interval: string): Promise<void>;
  /** Starts again from migrations and seed, at the same `url`. Users and files are gone, and clients have to sign in again. */
  reset(): Promise<void>;
}

export interface SignedIn {
  readonly client: SupabaseClient;
  readonly user: User;
  readonly session: Session;
}

/** @returns what tests use, and how to end it, without the fork */
export function createTestSupabase(fork: Fork): { supabase: TestSupabase; close: () => Promise<void> } {
  const clients: SupabaseClient[] = [];
  let pool = openPool(fork);
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
    get dbUrl() {
      return fork.dbUrl;
    },
    publishableKey: fork.publishableKey,
    secretKey: fork.secretKey,
    anonKey: fork.anonKey,
    serviceRoleKey: fork.serviceRoleKey,
    jwtSecret: fork.jwtSecret,
    anon: client(),
    admin,
    client,
    async signIn(wanted = {}) {
      const created = await createUser(admin, wanted);
      const signedIn = client();
      const { session, user } = await startSession(signedIn, created);
      if (wanted.expiresIn === undefined) return { client: signedIn, session, user };
      const aged = await withExpiry(session, wanted.expiresIn, fork.jwtSecret);
      return { client: client(undefined, { auth: stored(aged) }), session: aged, user };
    },
    mailTo: (address) => waitForMail(fork.url, address),
    async sql<Row extends Record<string, unknown>>(text: string, values: readonly unknown[] = []) {
      return (await pool.query<Row>(text, [...values])).rows;
    },
    passTime: (interval) => passTime(pool, interval),
    async reset() {
      await pool.end();
      await fork.reset().finally(() => (pool = openPool(fork)));
    },
  };
  const close = async (): Promise<void> => {
    await Promise.allSettled(clients.map((each) => each.removeAllChannels()));
    await pool.end();
  };
  return { supabase, close };
}

function openPool({ dbUrl }: Fork): pg.Pool {
  const pool = new pg.Pool({ connectionString: dbUrl, max: 2 });
  pool.on('error', () => {});
  return pool;
}

const STORAGE_KEY = 'session';

/** Options of a client that finds this session where it has stored it, as after a reload. */
function stored(session: Session): SupabaseClientOptions<'public'>['auth'] {
  const items = new Map([[STORAGE_KEY, JSON.stringify(session)]]);
  return {
    persistSession: true,
    storageKey: STORAGE_KEY,
    storage: {
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, value: string) => void items.set(key, value),
      removeItem: (key: string) => void items.delete(key),
    },
  };
}
