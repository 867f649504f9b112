import { chown } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { SupabaseDevError } from '../../shared/errors.ts';

/** The operating system user that PostgreSQL runs as when the stack itself runs as root. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
}

/**
 * Chooses the user to run PostgreSQL as when this process is root, as in containers: PostgreSQL refuses to run as root.
 * It is the user `postgres`, or else `nobody`: it needs a name, which initdb looks up.
 *
 * @returns undefined when this process is not root (always on Windows)
 */
export function resolveRunAs(): RunAs | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = readFileSync('/etc/passwd', 'utf8');
  for (const wanted of ['postgres', 'nobody']) {
    const line = passwd.split('\n').find((entry) => entry.startsWith(`${wanted}:`));
    const [name, , uid, gid] = line?.split(':') ?? [];
    if (name && Number(uid) > 0) return { uid: Number(uid), gid: Number(gid), name };
  }
  throw new SupabaseDevError(
    'POSTGRES_ROOT',
    'PostgreSQL does not run as root, and there is no other user to run it as',
    {
      hint: 'Add a user named "postgres" to this machine, or start the dev server as an ordinary user.',
    },
  );
}

/** Makes the user PostgreSQL runs as the owner of a file or folder. */
export async function chownTo(runAs: RunAs | undefined, path: string): Promise<void> {
  if (runAs) await chown(path, runAs.uid, runAs.gid);
}
