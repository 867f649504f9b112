import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { isClientVariable, VARIABLES } from '../../shared/environment.ts';
import { decodeJwt } from '../../shared/jwt.ts';
import { isSecretKey } from '../../shared/secret-key.ts';
import type { DoctorContext } from '../context.ts';
import { ok, problem, type Finding } from '../finding.ts';

const CHECK = 'keys';
/** Only a build reads these. */
const PRODUCTION_FILES = ['.env.production', '.env.production.local'];

/** Keys in the wrong place: secrets that the browser would get, keys in variables of another kind, the other key's value. */
export async function checkKeys({ root, env, envFiles }: DoctorContext): Promise<Finding[]> {
  const findings: Finding[] = [];
  const where = (name: string): string => {
    const file = [...envFiles].findLast(([, variables]) => variables[name] === env[name])?.[0];
    return file ?? 'the environment';
  };
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || value === '') continue;
    if (isClientVariable(name) && isSecretKey(value)) findings.push(secretForBrowser(name, where(name)));
  }
  for (const file of PRODUCTION_FILES) {
    const text = await readFile(join(root, file), 'utf8').catch(() => '');
    for (const [name, value = ''] of Object.entries(parseEnv(text)))
      if (isClientVariable(name) && isSecretKey(value)) findings.push(secretForBrowser(name, file));
  }
  for (const name of [...VARIABLES.publishableKey, ...VARIABLES.anonKey]) {
    const value = env[name];
    if (value === undefined || isClientVariable(name) || !isSecretKey(value)) continue;
    findings.push(wrongKind(name, where(name), 'a secret key', 'the publishable key'));
  }
  for (const name of [...VARIABLES.secretKey, ...VARIABLES.serviceRoleKey]) {
    const value = env[name];
    if (value !== undefined && value !== '' && isPublic(value))
      findings.push(wrongKind(name, where(name), 'a publishable key', 'the secret key'));
  }
  return findings.length > 0
    ? findings
    : [ok(CHECK, 'keys', 'No secret key in a variable that the browser gets')];
}

function secretForBrowser(name: string, file: string): Finding {
  return problem(CHECK, 'error', {
    kind: 'secret-in-client',
    subject: name,
    cause: `${name} in ${file} is a secret key, and every page would contain it.`,
    cure: 'Rename it so that it does not begin with VITE_ or NEXT_PUBLIC_, and rotate the key if it was ever deployed.',
    code: name.replace(/^(?:VITE_|NEXT_PUBLIC_)/, ''),
  });
}

function wrongKind(name: string, file: string, is: string, should: string): Finding {
  return problem(CHECK, 'error', {
    kind: 'key-of-other-kind',
    subject: name,
    cause: `${name} in ${file} holds ${is}.`,
    cure: `Set it to ${should}.`,
  });
}

function isPublic(value: string): boolean {
  return value.startsWith('sb_publishable_') || decodeJwt(value)?.claims.role === 'anon';
}
