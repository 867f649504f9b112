import { describe, expect, test } from 'vitest';
import { isSameButForFormat } from '../../../plugin/database-types/tokens.ts';
import {
  describeDifference,
  findTypesFile,
  isGenerated,
  updateTypesFile,
} from '../../../plugin/database-types/types-file.ts';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeProject } from '../../helpers/project.ts';

const GENERATED = `export type Json =
  | string
  | { [key: string]: Json | undefined }
  | Json[]

export type Database = {
  public: {
    Tables: {
      a: { Row: { "b c": "it's" | "x"; id: number }; Relationships: ["a", "b"] }
    }
  }
}

export const Constants = { public: { Enums: {} } } as const
`;
const FORMATTED = `// by prettier
export type Json = string | { [key: string]: Json | undefined } | Json[];
export type Database = {
  public: { Tables: { 'a': { Row: { 'b c': 'it\\'s' | 'x'; id: number }, Relationships: ['a', 'b',] } } };
};
export const Constants = { public: { Enums: {} } } as const;
`;

describe('two texts of types are the same', () => {
  test('when a formatter has changed one of them', () => {
    expect(isSameButForFormat(GENERATED, FORMATTED)).toBe(true);
    expect(isSameButForFormat('type A = (string | null)[]', 'type A = (\n  | string\n  | null\n)[];')).toBe(
      true,
    );
    expect(isSameButForFormat('a: string\r\n', 'a: string\n')).toBe(true);
  });

  test.each([
    ['another type', 'id: number', 'id: string'],
    ['null added', 'id: number', 'id: number | null'],
    ['optional', 'id: number', 'id?: number'],
    ['a space in a value', '"it\'s"', '"it \'s"'],
    ['one value for two', '"a", "b"', '"ab"'],
    ['another column', '"b c"', '"b d"'],
  ])('not with %s', (_, from, to) => {
    expect(GENERATED).toContain(from);
    expect(isSameButForFormat(GENERATED, GENERATED.replace(from, to))).toBe(false);
    expect(isSameButForFormat(FORMATTED, GENERATED.replace(from, to))).toBe(false);
  });
});

test.each([
  ['the generator', GENERATED, true],
  ['a formatter', FORMATTED, true],
  ['an older generator', 'export type Json = string\nexport interface Database {}\n', true],
  ['somebody by hand', 'export type Database = {}', false],
  ['somebody who added a type', `${GENERATED}export type Item = Tables<'items'>\n`, false],
  ['somebody who imports', `import type { A } from './a'\n${GENERATED}`, false],
  ['somebody who exports again', `${GENERATED}export * from './a'\n`, false],
  ['nobody', '', false],
])('a file by %s is recognised', (_, text, expected) => {
  expect(isGenerated(text)).toBe(expected);
});

test('the file is found at a usual place, and one that is not generated is passed over', async () => {
  await using project = await makeProject({ 'supabase/database.types.ts': 'export type Database = Mine' });
  expect(await findTypesFile(project.root)).toBeUndefined();
  await project.write('src/lib/database.types.ts', GENERATED);
  expect(await findTypesFile(project.root)).toBe('src/lib/database.types.ts');
});

test('a file is written when its types differ, with its folders, and not when only its format does', async () => {
  await using project = await makeProject({ 'a.ts': FORMATTED });
  const [formatted, missing] = [join(project.root, 'a.ts'), join(project.root, 'deep/er/b.ts')];
  const before = await stat(formatted);
  expect(await updateTypesFile(formatted, GENERATED)).toBe(false);
  expect((await stat(formatted)).mtimeMs).toBe(before.mtimeMs);
  expect(await updateTypesFile(missing, GENERATED)).toBe(true);
  expect(await readFile(missing, 'utf8')).toBe(GENERATED);
});

test('a difference shows the lines that differ', () => {
  expect(describeDifference(FORMATTED, GENERATED)).toBeUndefined();
  const next = GENERATED.replace('id: number', 'id: string');
  expect(describeDifference(GENERATED, next)).toMatch(/^- .*id: number.*\n\+ .*id: string.*$/);
  expect(describeDifference(undefined, GENERATED)).toMatch(/^\+ export type Json/);
  expect(describeDifference(GENERATED, 'x\n'.repeat(30))).toMatch(/… \d+ more lines/);
});
