import type { GatewayTarget, Upstream } from '../../gateway/target.ts';
import type { Membership } from '../../stack/ownership/claim.ts';
import type { StackRecord } from '../../stack/ownership/record.ts';
import { areKeysPublic } from '../../stack/private-keys.ts';
import type { BackendFork, BannerLine, SyncResult } from '../backend.ts';
import type { AskStack } from '../shortcuts.ts';
import { knowsSession } from '../session-check.ts';
import { openServedStack, type ServedStack, type ServedStackOptions } from './served-stack.ts';

/** How this process reaches the stack: its own, or another process's. */
export interface StackAccess {
  target(): GatewayTarget;
  /** URL of the database as `postgres`. */
  readonly databaseUrl: string;
  /** Lines for the banner. */
  describe(): BannerLine[];
  /** Asks the process that runs the stack, as a command does (requests.ts). @throws as that process did */
  readonly request: AskStack;
  /** Brings the database to the project's files; only for one's own stack. */
  sync?(): Promise<SyncResult>;
  /** Calls `listener` when the schema may have changed; only for one's own stack. Returns how to stop it. */
  onSchemaChange?(listener: () => void): () => void;
  /** A stack of its own on a copy of migrations and seed. @throws SupabaseDevError MIGRATION_FAILED */
  fork(): Promise<BackendFork>;
  close(): Promise<void>;
  /** Settles when the other process has ended; absent for one's own stack. */
  readonly ended?: Promise<void>;
}

/** Starts the stack, or joins the process that already runs it. */
export async function openStackAccess(options: ServedStackOptions): Promise<StackAccess> {
  const opened = await openServedStack(options);
  return opened.kind === 'stack'
    ? accessOwnStack(opened, options.isExposed ?? false)
    : accessJoinedStack(opened);
}

const MAIL: BannerLine = { label: 'Mail', value: '/__supabase/mail/' };

function describeMail(server: string | undefined): BannerLine {
  if (server === undefined) return MAIL;
  return { ...MAIL, value: `${MAIL.value} and, really sent, through ${server}` };
}

const NO_MIGRATIONS =
  'none yet; a file saved as supabase/migrations/<timestamp>_<name>.sql is applied at once';

const RANDOM_KEYS: BannerLine = {
  label: 'Keys',
  value: 'random, because other machines can reach this server; .supabase/keys.json has the secret ones',
};

function accessOwnStack(stack: ServedStack, isExposed: boolean): StackAccess {
  return {
    target: () => stack.target(),
    databaseUrl: stack.record.dbUrl,
    describe() {
      const { applied, total } = stack.migrations();
      const migrations = total === 0 ? NO_MIGRATIONS : `${total} (${applied.length} applied now)`;
      return [
        { label: 'Supabase', value: 'embedded' },
        { label: 'PostgreSQL', value: stack.record.dbUrl },
        { label: 'Migrations', value: migrations },
        describeMail(stack.mailServer()),
        ...(isExposed ? [RANDOM_KEYS] : []),
      ];
    },
    request: (command, args) => stack.request(command, args),
    sync: () => stack.sync(),
    onSchemaChange: (listener) => stack.onSchemaChange(listener),
    fork: () => stack.fork(),
    close: () => stack.stop(),
  };
}

/** All requests go through the gateway of the other process, which relies on our check of host and origin. */
function accessJoinedStack(member: Membership): StackAccess {
  const { pid, url, dbUrl } = member.record;
  const target = targetBehind(url, member.record);
  return {
    target: () => target,
    databaseUrl: dbUrl,
    describe: () => [
      { label: 'Supabase', value: `embedded, shared with process ${pid}` },
      { label: 'PostgreSQL', value: dbUrl },
      MAIL,
    ],
    async fork() {
      const fork = (await member.request('fork')) as { id: string; url: string; dbUrl: string };
      const { id, url: forkUrl } = fork;
      const forkTarget = targetBehind(forkUrl, member.record);
      return {
        url: forkUrl,
        get dbUrl() {
          return fork.dbUrl;
        },
        target: () => forkTarget,
        async reset() {
          Object.assign(fork, await member.request('fork reset', { id }));
        },
        close: async () => void (await member.request('fork stop', { id })),
      };
    },
    request: (command, args) => member.request(command, args),
    close: async () => member.leave(),
    ended: member.ended,
  };
}

/** The target of a gateway in front of another process's one at `url`: that of its stack, or of a fork. */
function targetBehind(url: string, { pid, gatewaySecret, ...keys }: StackRecord): GatewayTarget {
  const upstream: Upstream = {
    kind: 'url',
    url: new URL(url),
    speaks: 'gateway',
    host: 'client',
    gatewaySecret,
  };
  const names = ['auth', 'rest', 'realtime', 'storage', 'functions', 'mail'] as const;
  const localOnly = areKeysPublic({ ...keys, signingKeys: keys.jwks })
    ? {
        hint: `Restart the dev server that runs the stack (process ${pid}) with --host: then it has random keys.`,
      }
    : undefined;
  return {
    keys,
    upstreams: Object.fromEntries(names.map((name) => [name, upstream])),
    localOnly,
    knowsSession: (token) => knowsSession(url, keys.anonKey, token),
  };
}
