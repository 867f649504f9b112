import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SyncResult } from '../backend/backend.ts';
import type { AskStack } from '../backend/shortcuts.ts';
import type { ServedStack } from '../backend/embedded/served-stack.ts';
import { CONFIG_FILES } from '../shared/config-files.ts';
import type { StackOptions } from '../stack-options.ts';
import { print } from './command.ts';
import { followProject } from './follow-project.ts';
import { withProgress } from './progress.ts';
import { runStack, type RunningStack } from './run-stack.ts';

type Options = StackOptions & { readonly root: string };

/** The stack of the command `start`, which is always as the project's files are: its schema, its settings, its types. */
export class FollowedStack {
  /** URLs and keys; its ports stay. */
  address: ServedStack['record'];
  readonly #options: Options;
  readonly #stopFollowing: () => void;
  /** Undefined while wrong settings keep it from starting. */
  #running: RunningStack | undefined;
  /** The settings of the last start. */
  #settings: string;
  /** Settles when the files that were saved are taken over. */
  #change: Promise<unknown> = Promise.resolve();
  /** Keeps the process while nothing runs. */
  #waiting: NodeJS.Timeout | undefined;

  private constructor(options: Options, running: RunningStack, settings: string) {
    this.#options = options;
    this.#running = running;
    this.#settings = settings;
    this.address = running.served.record;
    this.#stopFollowing = followProject({
      root: options.root,
      sync: () => this.#follow(() => this.#sync()),
      restart: () => this.#follow(() => this.#restart()),
    });
  }

  /** @throws as `startStack` */
  static async start(options: Options): Promise<FollowedStack> {
    const settings = await readSettings(options.root);
    return new FollowedStack(options, await runStack(options), settings);
  }

  /** Asks the stack, as a command does. @throws as it does; Error while wrong settings keep it from starting */
  async request(...[command, args]: Parameters<AskStack>): Promise<unknown> {
    if (!this.#running) throw new Error('the stack waits for correct settings');
    return this.#running.served.request(command, args);
  }

  async stop(): Promise<void> {
    this.#stopFollowing();
    await this.#change.catch(() => {});
    clearInterval(this.#waiting);
    await this.#running?.stop();
  }

  #follow<T>(change: () => Promise<T>): Promise<T> {
    const done = change();
    this.#change = done;
    return done;
  }

  /** @throws SupabaseDevError MIGRATION_FAILED */
  async #sync(): Promise<SyncResult> {
    if (this.#running) return this.#running.served.sync();
    await this.#start();
    return { applied: [] };
  }

  /** @throws SupabaseDevError; then nothing runs until the next save */
  async #restart(): Promise<void> {
    const settings = await readSettings(this.#options.root);
    if (settings === this.#settings) return;
    this.#settings = settings;
    print('Supabase: new settings, starting again...');
    await this.#running?.stop();
    this.#running = undefined;
    await this.#start();
  }

  async #start(): Promise<void> {
    // A timer that never comes to anything.
    this.#waiting ??= setInterval(() => {}, 2 ** 30);
    // Programs know the addresses.
    const [port, dbPort] = [this.address.url, this.address.dbUrl].map((url) => Number(new URL(url).port));
    this.#running = await withProgress('Starting the stack', runStack({ ...this.#options, port, dbPort }));
    clearInterval(this.#waiting);
    this.#waiting = undefined;
    this.address = this.#running.served.record;
    print('Supabase is up');
  }
}

async function readSettings(root: string): Promise<string> {
  const texts = await Promise.all(
    CONFIG_FILES.map((file) => readFile(join(root, file), 'utf8').catch(() => null)),
  );
  return JSON.stringify(texts);
}
