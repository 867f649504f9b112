import { expect, test } from 'vitest';
import { mayLackFilter } from '../../../plugin/stack/rest/schema-cache/unfiltered-statements.ts';

test.each([
  ['delete from t', true],
  ['begin update t set a = 1; return 1; end', true],
  ['delete from t where a = 1', false],
  ['update t set a = (select b from u where u.a = t.a)', true],
  ['with d as (delete from t returning *) select * from d where a', true],
  ['with d as (delete from t where a returning *) select * from d', false],
  ["update t set a = 'where'", true],
  ['delete from t -- where a', true],
  ['delete from t /* where */', true],
  ['delete from "where"', true],
  ['select a from t for update', false],
  ['select a from t for no key update', false],
  ['insert into t values (1) on conflict do update set a = 1', false],
  ['create table u (a int references t on delete cascade on update cascade)', false],
  ['create trigger x before update or delete on t execute function f()', false],
  ["if tg_op = 'DELETE' then return old; end if", false],
  ["raise exception 'cannot update t and set it'", false],
  ["execute 'delete from t'", true],
  ["execute 'delete from t where a = 1'", false],
  ["execute format('update %I set a = 1', t)", true],
  ["execute 'update ' || t || ' set a = 1'", true],
  ['execute $q$ delete from t $q$', true],
  ["execute 'do $d$ begin delete from t; end $d$'", true],
  ["execute 'select 1'; raise notice 'no update'", false],
  ['', false],
])('%s: %s', (source, expected) => {
  expect(mayLackFilter(source)).toBe(expected);
});
