import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleChildScript, type ChildScript } from '../../helpers/child-script.ts';
import { makeProject, type TestProject } from '../../helpers/project.ts';

// By hand: ROUNDS=500 npx vitest run test/stack/ownership/claim-races.test.ts --project stack
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const SERVED_AGAIN_MS = 3_000;

let script: ChildScript;
let project: TestProject;
beforeAll(async () => {
  script = await bundleChildScript(fileURLToPath(new URL('claimant.ts', import.meta.url)));
  project = await makeProject();
});
afterAll(async () => {
  for (const claimant of alive) claimant.kill();
  await script.remove();
  await project.remove();
});

const alive = new Set<Claimant>();

/** A process of claimant.ts; `outcome` is its last line. */
class Claimant {
  readonly #child: ChildProcess;
  readonly #ready: Promise<unknown>;
  outcome = '';
  onOutcome: () => void = () => {};

  constructor(dataDir: string) {
    this.#child = spawn(process.execPath, [script.file, dataDir], { stdio: ['pipe', 'pipe', 'inherit'] });
    alive.add(this);
    this.#ready = new Promise((resolve) => {
      if (this.#child.stdout === null) return;
      createInterface(this.#child.stdout).on('line', (line) => {
        this.outcome = line;
        if (line === 'ready') resolve(undefined);
        else this.onOutcome();
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async claim(): Promise<void> {
    await this.#ready;
    this.#child.stdin?.write('\n');
  }

  kill(): void {
    alive.delete(this);
    this.#child.kill('SIGKILL');
  }

  async ended(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
  }
}

function owners(): Claimant[] {
  return [...alive].filter(({ outcome }) => outcome === 'owner');
}

/** Waits until one process owns and all others have joined it; fails when a second one owns at any time. */
function settle(withinMs = SERVED_AGAIN_MS): Promise<Claimant> {
  return new Promise((resolve, reject) => {
    const state = (): string => [...alive].map(({ pid, outcome }) => `${pid}: ${outcome}`).join(', ');
    const timer = setTimeout(() => reject(new Error(`not settled in time: ${state()}`)), withinMs);
    const check = (): void => {
      const [owner, second] = owners();
      if (second) reject(new Error(`more than one owner: ${state()}`));
      if (!owner) return;
      const others = [...alive].filter((claimant) => claimant !== owner);
      if (!others.every(({ outcome }) => outcome === `member ${owner.pid}`)) return;
      clearTimeout(timer);
      resolve(owner);
    };
    for (const claimant of alive) claimant.onOutcome = check;
    check();
  });
}

function spawnClaimants(dataDir: string, count: number): Claimant[] {
  return Array.from({ length: count }, () => new Claimant(dataDir));
}

async function killAll(): Promise<void> {
  const killed = [...alive];
  for (const claimant of killed) claimant.kill();
  await Promise.all(killed.map((claimant) => claimant.ended()));
}

test(
  `three processes, the owner is killed and another one starts at once: one owner in each of ${ROUNDS} rounds`,
  { timeout: 10_000 + ROUNDS * 2_000 },
  async () => {
    const dataDir = join(project.root, 'take-over');
    for (const claimant of spawnClaimants(dataDir, 3)) await claimant.claim();
    for (let round = 0; round < ROUNDS; round++) {
      const owner = await settle();
      const next = new Claimant(dataDir);
      // Sometimes the new one claims just before the end of the owner, sometimes just after it.
      const claimed = next.claim();
      if (round % 2 === 0) await claimed;
      owner.kill();
      await claimed;
    }
    expect((await settle()).outcome).toBe('owner');
    await killAll();
  },
);

test(
  `three processes claim at once what a killed one left: one owner in each of ${ROUNDS} rounds`,
  { timeout: 10_000 + ROUNDS * 2_000 },
  async () => {
    const dataDir = join(project.root, 'stale');
    for (let round = 0; round < ROUNDS; round++) {
      const claimants = spawnClaimants(dataDir, 3);
      await Promise.all(claimants.map((claimant) => claimant.claim()));
      expect((await settle()).outcome).toBe('owner');
      await killAll();
    }
  },
);

test('sixty processes claim at once: one owner', { timeout: 60_000 }, async () => {
  const claimants = spawnClaimants(join(project.root, 'many'), 60);
  await Promise.all(claimants.map((claimant) => claimant.claim()));
  const owner = await settle(20_000);
  owner.kill();
  expect((await settle(20_000)).outcome).toBe('owner');
  await killAll();
});
