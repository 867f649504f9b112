import { setTimeout as delay } from 'node:timers/promises';
import { exists } from '../../shared/files.ts';
import { Candidate, type Ownership } from './candidate.ts';
import { listClaims, openClaimFolder, removeClaim } from './claim-folder.ts';
import { reach } from './peer.ts';
import type { StackRecord } from './record.ts';
import type { StackRequest } from './request.ts';

/** Another live process owns the data directory. */
export interface Membership {
  readonly kind: 'member';
  readonly record: StackRecord;
  /** Settles when the owner ends, for any reason. */
  readonly ended: Promise<void>;
  /** Asks the owner for something. @throws as the owner did; Error when it ends before */
  request(command: string, args?: StackRequest['args']): Promise<unknown>;
  leave(): void;
}

/**
 * One process at a time runs the stack of a data directory. A joiner waits until the owner has started, or becomes the
 * owner if the start fails.
 *
 * Whoever wants to own publishes a claim first and looks at the other claims then: of two processes, at least one sees
 * the other. A claim counts while its socket accepts connections, which the operating system ends with the process: there
 * are no stale locks, and reused process ids cause no confusion. No file is ever replaced, so nothing that is found
 * can become something else before it is used or removed.
 *
 * @throws SupabaseDevError DATA_DIR_UNWRITABLE
 */
export async function claimDataDir(dataDir: string): Promise<Ownership | Membership> {
  const folder = await openClaimFolder(dataDir);
  for (;;) {
    const member = await joinOwner(folder);
    if (member) return member;
    const candidate = await Candidate.publish(folder);
    const first = await isFirst(folder, candidate.id).catch(async (error: unknown) => {
      await candidate.withdraw();
      throw error;
    });
    if (first) return candidate.confirm();
    await candidate.withdraw();
  }
}

/** The process that runs the stack of a data directory, once it has started; undefined when there is none. */
export async function findOwner(dataDir: string): Promise<Membership | undefined> {
  return (await exists(dataDir)) ? joinOwner(await openClaimFolder(dataDir)) : undefined;
}

/** The running stack of a data directory, without taking part in it; undefined when there is none, or none yet. */
export async function findRunningStack(dataDir: string): Promise<StackRecord | undefined> {
  if (!(await exists(dataDir))) return undefined;
  for (const claim of await listClaims(await openClaimFolder(dataDir))) {
    const peer = await reach(claim);
    const record = await (peer && Promise.race([peer.record, delay(STARTING_MS, undefined, { ref: false })]));
    peer?.leave();
    if (record) return record;
  }
  return undefined;
}

// A stack that is still starting has no record yet.
const STARTING_MS = 5_000;

/** Waits for the stacks of live claims; undefined when there is none, or when all have ended. */
async function joinOwner(folder: string): Promise<Membership | undefined> {
  for (const claim of await listClaims(folder)) {
    const peer = await reach(claim);
    if (!peer) await removeClaim(folder, claim);
    const record = await peer?.record;
    if (!peer || !record) continue;
    return {
      kind: 'member',
      record,
      ended: peer.ended,
      request: (command, args = {}) => peer.request({ command, args }),
      leave: () => peer.leave(),
    };
  }
  return undefined;
}

/**
 * Whether a published claim may be confirmed. It gives way to every lower one. A higher one gives way itself, unless it
 * had been confirmed before this one was published: so this one waits for the outcome, and no two wait for each other.
 */
async function isFirst(folder: string, id: string): Promise<boolean> {
  for (const claim of await listClaims(folder)) {
    if (claim.id === id) continue;
    const peer = await reach(claim);
    if (!peer) await removeClaim(folder, claim);
    const stands = peer !== undefined && (claim.id < id || (await peer.confirmed));
    peer?.leave();
    if (stands) return false;
  }
  return true;
}
