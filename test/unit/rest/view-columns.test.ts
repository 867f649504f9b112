import { expect, test } from 'vitest';
import { readColumnOrigins } from '../../../plugin/stack/rest/schema-cache/view-columns.ts';

test('reads the origins of columns from the outermost target list only', () => {
  const rule =
    '({QUERY :commandType 1 :rtable ({RTE :subquery {QUERY :targetList ({TARGETENTRY :resno 9 :resorigtbl 9 :resorigcol 9})}}) ' +
    ':targetList ({TARGETENTRY :expr {VAR :varno 1} :resno 1 :resname a\\ b\\) :resorigtbl 77 :resorigcol 3 :resjunk false} ' +
    '{TARGETENTRY :expr {CONST :constvalue 4 [ 1 0 ]} :resno 2 :resname :resorigtbl :resorigtbl 0 :resorigcol 0}) :limitCount <>})';
  expect(readColumnOrigins(rule)).toEqual([{ column: 1, table: '77', tableColumn: 3 }]);
});
