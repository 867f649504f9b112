// Storage v1.70.6 src/storage/protocols/s3/policy.ts
import { parseJson } from '../../../shared/json.ts';
import { StorageError, storageErrors } from '../errors.ts';

// Fields that carry the signature itself need no condition.
const EXEMPT = new Set([
  'policy',
  'x-amz-signature',
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-security-token',
]);

/** Limits of a signed form. */
export interface PostPolicy {
  /** Bytes, from the condition `content-length-range`. */
  readonly minSize: number;
  readonly maxSize: number;
}

/**
 * Checks the fields of a browser's form against its signed policy: every field must be covered by a condition.
 *
 * @param encoded the policy as the form has it, JSON in base64
 * @param fields by lower-case name
 * @throws StorageError InvalidSignature, ExpiredToken, AccessDenied
 */
export function checkPostPolicy(
  encoded: string,
  fields: ReadonlyMap<string, string>,
  bucket: string,
): PostPolicy {
  const { expiration, conditions } = parsePolicy(encoded);
  if (typeof expiration !== 'string') throw storageErrors.invalidSignature('Missing policy expiration');
  const end = Date.parse(expiration);
  if (Number.isNaN(end)) throw storageErrors.invalidSignature('Invalid policy expiration');
  if (end < Date.now()) throw new StorageError(400, 'ExpiredToken', 'The provided token has expired.');
  if (!Array.isArray(conditions)) throw storageErrors.invalidSignature('Invalid policy conditions');
  const submitted = new Map([...fields, ['bucket', bucket]]);
  const covered = new Set<string>();
  let sizes: PostPolicy = { minSize: 0, maxSize: Infinity };
  for (const condition of conditions as unknown[]) {
    const [operator, target, value] = asTuple(condition);
    if (operator === 'content-length-range') sizes = readSizes(target, value);
    else covered.add(checkCondition(operator, target, value, submitted));
  }
  for (const name of submitted.keys())
    if (!EXEMPT.has(name) && !name.startsWith('x-ignore-') && !covered.has(name))
      throw storageErrors.accessDenied(
        `Policy condition failed: field "${name}" is not covered by the policy`,
      );
  return sizes;
}

/** @throws StorageError InvalidSignature */
function readSizes(minSize: unknown, maxSize: unknown): PostPolicy {
  const [min, max] = [minSize, maxSize].map((size) => (isScalar(size) ? Number(size) : NaN));
  if (min === undefined || max === undefined || !Number.isFinite(min) || !Number.isFinite(max))
    throw storageErrors.invalidSignature('Invalid policy condition');
  return { minSize: min, maxSize: max };
}

function checkCondition(
  operator: unknown,
  target: unknown,
  value: unknown,
  submitted: ReadonlyMap<string, string>,
): string {
  if (typeof target !== 'string' || !target.startsWith('$'))
    throw storageErrors.invalidSignature('Invalid policy condition');
  const name = target.slice(1).toLowerCase();
  const actual = submitted.get(name);
  if (!isScalar(value)) throw storageErrors.invalidSignature('Invalid policy condition');
  const expected = String(value);
  if (operator === 'eq') {
    if (actual !== expected)
      throw storageErrors.accessDenied(`Policy condition failed: "${name}" does not match`);
  } else if (operator === 'starts-with') {
    if (!actual?.startsWith(expected))
      throw storageErrors.accessDenied(
        `Policy condition failed: "${name}" does not start with "${expected}"`,
      );
  } else throw storageErrors.invalidSignature('Unsupported policy condition');
  return name;
}

/** Whether a value of JSON has a text or a number of its own: converting an object could call what it contains. */
function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** Writes `{"key": "value"}` as `["eq", "$key", "value"]`, which means the same. */
function asTuple(condition: unknown): [unknown, unknown, unknown] {
  if (Array.isArray(condition)) return [condition[0], condition[1], condition[2]];
  const entries = typeof condition === 'object' && condition !== null ? Object.entries(condition) : [];
  const [entry] = entries;
  if (!entry || entries.length !== 1) throw storageErrors.invalidSignature('Invalid policy condition');
  return ['eq', `$${entry[0]}`, entry[1]];
}

function parsePolicy(encoded: string): { expiration?: unknown; conditions?: unknown } {
  const value = parseJson(Buffer.from(encoded, 'base64').toString('utf8'));
  if (typeof value !== 'object' || value === null)
    throw storageErrors.invalidSignature('Invalid POST policy');
  return value;
}
