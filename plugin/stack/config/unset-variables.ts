import { isTable } from './section.ts';

/** A setting whose value is a variable of the environment: `secret = "env(NAME)"`. */
export interface VariableReference {
  readonly path: readonly string[];
  readonly name: string;
}

const ENV_REFERENCE = /^env\(([^)]+)\)$/;

/** The name in a value of the form `env(NAME)`. */
export function referencedVariable(value: unknown): string | undefined {
  return typeof value === 'string' ? ENV_REFERENCE.exec(value)?.[1] : undefined;
}

/** The settings whose variable is not set, except those of tables that are switched off (`enabled = false`). */
export function findUnsetVariables(
  table: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>,
  path: readonly string[] = [],
): VariableReference[] {
  if (table['enabled'] === false) return [];
  return Object.entries(table).flatMap(([key, value]) => {
    if (isTable(value)) return findUnsetVariables(value, env, [...path, key]);
    const name = referencedVariable(value);
    return name === undefined || env[name] !== undefined ? [] : [{ path: [...path, key], name }];
  });
}
