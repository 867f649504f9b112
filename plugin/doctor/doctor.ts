import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { Environment } from '../shared/environment.ts';
import { findProjectDatabase } from '../backend/same-project.ts';
import { loadConfig, type SupabaseConfig } from '../stack/config/config.ts';
import { findRunningStack } from '../stack/ownership/claim.ts';
import { defaultDataDir } from '../stack/project.ts';
import { checkBackend } from './checks/backend.ts';
import { checkBuiltOutput } from './checks/built-output.ts';
import { checkDatabase } from './checks/database.ts';
import { checkDrift } from './checks/drift.ts';
import { checkKeys } from './checks/keys.ts';
import { checkPorts } from './checks/ports.ts';
import { checkProject } from './checks/project.ts';
import { checkVersions } from './checks/versions.ts';
import { chooseBackend, type Choice } from './choose-backend.ts';
import type { DoctorContext } from './context.ts';
import { failed, type Finding } from './finding.ts';

export interface DoctorOptions {
  /** Absolute path of the folder that holds `supabase/`. */
  readonly root: string;
  /** Default: `.supabase` beside package.json. */
  readonly dataDir?: string;
  readonly env?: Environment;
}

const CHECKS = [
  checkProject,
  checkVersions,
  checkKeys,
  checkBuiltOutput,
  checkPorts,
  checkBackend,
  checkDrift,
  checkDatabase,
];

/** Checks a project and its running stack. A check that fails itself is a finding, too. */
export async function diagnose({ root, dataDir, env = process.env }: DoctorOptions): Promise<Finding[]> {
  const envFiles = await readEnvFiles(root);
  const variables = Object.assign({}, ...envFiles.values(), env) as Environment;
  let config;
  try {
    config = await loadConfig(root, { env: variables });
  } catch (error) {
    return [failed('project', error)];
  }
  const folder = dataDir ?? (await defaultDataDir(root));
  const running = await findRunningStack(folder);
  const choice = running ? {} : await chooseBackend(root, variables);
  try {
    const databaseUrl = running?.dbUrl ?? (await databaseOf(choice, config));
    const files = { root, env: variables, envFiles, config, dataDir: folder };
    return await runChecks({ ...files, running, choice, databaseUrl });
  } finally {
    await choice.backend?.close();
  }
}

async function runChecks(context: DoctorContext): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const check of CHECKS) {
    try {
      findings.push(...(await check(context)));
    } catch (error) {
      findings.push(failed(check.name.replace('check', '').toLowerCase(), error));
    }
  }
  return findings;
}

/** The database of the Supabase CLI's stack, where that is chosen. */
async function databaseOf({ backend }: Choice, config: SupabaseConfig): Promise<string | undefined> {
  if (backend?.kind !== 'local') return undefined;
  return backend.databaseUrl?.() ?? findProjectDatabase(config);
}

// The files that Vite reads in development, the later ones winning.
const ENV_FILES = ['.env', '.env.local', '.env.development', '.env.development.local'];

async function readEnvFiles(root: string): Promise<Map<string, Environment>> {
  const files = new Map<string, Environment>();
  for (const name of ENV_FILES) {
    const text = await readFile(join(root, name), 'utf8').catch(() => undefined);
    if (text !== undefined) files.set(name, parseEnv(text));
  }
  return files;
}
