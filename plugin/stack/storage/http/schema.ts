// Storage v1.70.6 src/http/finite.ts; Fastify 5 lib/validation.js
import type { Ajv, ValidateFunction } from 'ajv';
import { storageErrors } from '../errors.ts';

/** The subset of JSON Schema that describes Storage's requests. */
export interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly nullable?: boolean;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  /** Storage's own keyword: refuses NaN and the infinities, which coercion can produce. */
  readonly finite?: boolean;
  readonly pattern?: string;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
}

interface Scalars {
  string: string;
  integer: number;
  number: number;
  boolean: boolean;
}

/** The type of a value that conforms to `S`, a schema declared `as const`. */
export type ValueOf<S> =
  | (S extends { readonly nullable: true } ? null : never)
  | (S extends { readonly properties: infer P }
      ? ObjectOf<P, S extends { readonly required: readonly (infer R)[] } ? R : never>
      : S extends { readonly items: infer I }
        ? ValueOf<I>[]
        : S extends { readonly enum: readonly (infer E)[] }
          ? E
          : S extends { readonly anyOf: readonly (infer A)[] }
            ? ValueOf<A>
            : S extends { readonly type: infer T extends keyof Scalars }
              ? Scalars[T]
              : unknown);

type ObjectOf<P, R> = { readonly [K in keyof P as K extends R ? K : never]: ValueOf<P[K]> } & {
  readonly [K in keyof P as K extends R ? never : K]?: ValueOf<P[K]>;
};

// The library is loaded by the first request that needs it: it would be a tenth of the service's start.
let loading: Promise<Ajv> | undefined;
const compiled = new WeakMap<Schema, ValidateFunction>();

/**
 * Checks and coerces a request's body or query. Storage leaves this to Fastify, which uses Ajv with these options.
 *
 * @param name what messages call the value: "body", "querystring"
 * @returns the coerced value; objects and arrays are changed in place
 * @throws StorageError InvalidRequest with Ajv's message: the first error, or all of those of an `anyOf`
 */
export async function checkSchema<const S extends Schema>(
  schema: S,
  value: unknown,
  name: string,
): Promise<ValueOf<S>> {
  const validate = compiled.get(schema) ?? (await compile(schema));
  // Ajv stores a coerced value in its parent, so the root needs one.
  const parent = { value };
  const isValid = validate(value, {
    instancePath: '',
    parentData: parent,
    parentDataProperty: 'value',
    rootData: value as object,
    dynamicAnchors: {},
  });
  if (isValid) return parent.value as ValueOf<S>;
  const messages = validate.errors?.map(({ instancePath, message }) => `${name}${instancePath} ${message}`);
  throw storageErrors.invalidSchema(messages?.join(', ') ?? '');
}

async function compile(schema: Schema): Promise<ValidateFunction> {
  const ajv = await (loading ??= load());
  const validate = ajv.compile(schema);
  compiled.set(schema, validate);
  return validate;
}

async function load(): Promise<Ajv> {
  const { Ajv } = await import('ajv');
  return new Ajv({ coerceTypes: 'array', strict: false, addUsedSchema: false }).addKeyword({
    keyword: 'finite',
    schemaType: 'boolean',
    validate: (enabled: boolean, value: unknown) => !enabled || value === null || Number.isFinite(value),
  });
}
