import { isTable } from './is-table.ts';

/** The environment, by name. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** A setting whose value is a variable of the environment: `secret = "env(NAME)"`. */
export interface VariableReference {
  readonly path: readonly string[];
  readonly name: string;
}

/** The value of such a setting. Unlike a text in the file, it may stand for a number, a switch or a list. */
export class VariableValue {
  readonly name: string;
  readonly text: string;

  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
  }
}

const ENV_REFERENCE = /^env\(([^)]+)\)$/;

/** Replaces each `env(NAME)`; the key of a variable that is not set becomes undefined. */
export function substituteVariables(
  table: Readonly<Record<string, unknown>>,
  env: Variables,
): Record<string, unknown> {
  const substitute = (value: unknown): unknown => {
    const name = referencedVariable(value);
    const text = name === undefined ? undefined : env[name];
    if (name !== undefined) return text === undefined ? undefined : new VariableValue(name, text);
    if (Array.isArray(value)) return value.flatMap((element) => toElement(substitute(element)));
    return isTable(value) ? substituteVariables(value, env) : value;
  };
  return Object.fromEntries(Object.entries(table).map(([key, value]) => [key, substitute(value)]));
}

function toElement(value: unknown): unknown[] {
  if (value instanceof VariableValue) return [value.text];
  return value === undefined ? [] : [value];
}

/** The settings whose variable is not set, except those of tables that are switched off (`enabled = false`). */
export function findUnsetVariables(
  table: Readonly<Record<string, unknown>>,
  env: Variables,
  path: readonly string[] = [],
): VariableReference[] {
  if (table['enabled'] === false) return [];
  const find = (value: unknown, path: readonly string[]): VariableReference[] => {
    const name = referencedVariable(value);
    if (name !== undefined) return env[name] === undefined ? [{ path, name }] : [];
    if (Array.isArray(value)) return value.flatMap((element) => find(element, path));
    return isTable(value) ? findUnsetVariables(value, env, path) : [];
  };
  return Object.entries(table).flatMap(([key, value]) => find(value, [...path, key]));
}

/** The name in a value of the form `env(NAME)`. */
function referencedVariable(value: unknown): string | undefined {
  return typeof value === 'string' ? ENV_REFERENCE.exec(value)?.[1] : undefined;
}
