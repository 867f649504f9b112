import { describe, expect, test } from 'vitest';
import { splitStatements } from '../../../plugin/stack/postgres/sql-script.ts';

const texts = (script: string): string[] => splitStatements(script).map((statement) => statement.text);

describe('splitStatements', () => {
  test('splits at semicolons and drops whitespace and comments between statements', () => {
    expect(texts('-- one\nselect 1 ;\n/* two /* nested */ */ select 2')).toEqual(['select 1', 'select 2']);
  });

  test.each([
    ['strings', `select 'a;b''c;'`],
    ['escape strings', `select E'it\\'s; fine'`],
    ['quoted identifiers', `select ";" from "a"";b"`],
    ['dollar quotes', `do $$ begin perform 1; end $$`],
    ['tagged dollar quotes', `select $a$ $b$; $$; $a$`],
    ['comments inside a statement', `select 1 -- ;\n + /* ; */ 1`],
    ['parentheses', `create rule r as on insert to t do (select 1; select 2)`],
    [
      'atomic bodies',
      `create function f() returns int begin atomic select case when true then 1 end; select 2; end`,
    ],
  ])('keeps semicolons in %s', (_what, statement) => {
    expect(texts(`${statement};\nselect 9;`)).toEqual([statement, 'select 9']);
  });

  test('reads commands of psql where it is asked to', () => {
    const script = "\\set a 'x;y'\nselect 1 \\gset\nselect '\\no', $$ \\no $$; -- \\no\n\\q";
    expect(splitStatements(script, true)).toEqual([
      { text: '', offset: 0, command: "set a 'x;y'" },
      { text: 'select 1', offset: 13, command: 'gset' },
      { text: "select '\\no', $$ \\no $$", offset: 28 },
      { text: '', offset: 60, command: 'q' },
    ]);
    expect(texts(script)).toHaveLength(2);
  });

  test('does not read a dollar sign in a word or a parameter as a dollar quote', () => {
    expect(texts('select a$b$c; select $1; select 3')).toEqual(['select a$b$c', 'select $1', 'select 3']);
  });

  test('returns the offset of each statement in the script', () => {
    const script = '-- x\n  select 1;\n\nselect 2;';
    for (const { text, offset } of splitStatements(script)) {
      expect(script.slice(offset, offset + text.length)).toBe(text);
    }
  });

  test('finds no statement in an empty script, and ends an unclosed quote at the end', () => {
    expect(texts(' ;; -- nothing')).toEqual([]);
    expect(texts(`select 'open; still`)).toEqual([`select 'open; still`]);
  });
});
