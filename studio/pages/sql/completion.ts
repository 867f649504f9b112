import { completeFromList, ifNotIn, type Completion } from '@codemirror/autocomplete';
import { PostgreSQL, sql } from '@codemirror/lang-sql';
import type { Extension } from '@codemirror/state';
import type { Catalogue } from './types.ts';

// Tables whose schema need not be written, and functions.
const SEARCHED = new Set(['public', 'extensions', 'pg_catalog']);

/** SQL of PostgreSQL, with completion from the catalogue. */
export function languageWith({ schemas, functions }: Catalogue): Extension {
  const known = functions.map(({ schema, name, arguments: args }): Completion => {
    const label = SEARCHED.has(schema) ? name : `${schema}.${name}`;
    return { label, detail: `(${args})`, type: 'function', apply: `${label}(${args === '' ? ')' : ''}` };
  });
  const source = ifNotIn(
    ['QuotedIdentifier', 'String', 'LineComment', 'BlockComment'],
    completeFromList(known),
  );
  return [
    sql({ dialect: PostgreSQL, schema: schemas, defaultSchema: 'public' }),
    PostgreSQL.language.data.of({ autocomplete: source }),
  ];
}
