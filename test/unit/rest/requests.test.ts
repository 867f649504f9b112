import { describe, expect, test } from 'vitest';
import { parseAccept, parseMediaType } from '../../../plugin/stack/rest/parse/media-type.ts';
import { parsePayload } from '../../../plugin/stack/rest/parse/payload.ts';
import { formatPreferences, parsePreferences } from '../../../plugin/stack/rest/parse/preferences.ts';
import { canonicalQuery, parseQueryString } from '../../../plugin/stack/rest/parse/query-string.ts';
import { rankBySimilarity } from '../../../plugin/stack/rest/plan/fuzzy-match.ts';
import { fromDatabaseError } from '../../../plugin/stack/rest/respond/database-error.ts';
import { readColumnOrigins } from '../../../plugin/stack/rest/schema-cache/view-columns.ts';
import { applyInDatabase } from '../../../plugin/stack/rest/settings/in-database.ts';
import { readRestSettings } from '../../../plugin/stack/rest/settings/settings.ts';
import { arrayLiteral, quoteLiteral, quoteIdentifier } from '../../../plugin/stack/rest/sql/quote.ts';
import { Section } from '../../../plugin/stack/config/section.ts';

describe('preferences', () => {
  test('applies the first of each, in the order of the answer', () => {
    const header =
      'tx=commit, return=minimal , count=exact, tx=rollback, max-affected=2, handling=strict, x=y';
    const preferences = parsePreferences(header, true);
    expect(preferences.invalid).toEqual(['x=y']);
    expect(formatPreferences(preferences)).toBe(
      'return=minimal, count=exact, tx=commit, handling=strict, max-affected=2',
    );
    expect(parsePreferences(header, false).tx).toBeUndefined();
  });
});

describe('media types', () => {
  test('are taken by quality, then by how specific they are', () => {
    const types = parseAccept('*/*, text/csv;q=0.5, application/vnd.pgrst.object+json;nulls=stripped');
    expect(types.map((type) => type.mime)).toEqual([
      'application/vnd.pgrst.object+json;nulls=stripped',
      '*/*',
      'text/csv',
    ]);
  });

  test('of plans carry what they are for', () => {
    const type = parseMediaType(
      'application/vnd.pgrst.plan+json; for="text/csv"; options=analyze|buffers|nope',
    );
    expect(type.mime).toBe('application/vnd.pgrst.plan+json; for="text/csv"; options=analyze|buffers');
  });
});

describe('bodies', () => {
  const parse = (text: string, mime: string): ReturnType<typeof parsePayload> =>
    parsePayload(Buffer.from(text), parseMediaType(mime), false, undefined);

  test('must have objects with the same keys', () => {
    expect(parse('[{"b":1,"a":2},{"a":1,"b":2}]', 'application/json')).toMatchObject({ keys: ['a', 'b'] });
    expect(() => parse('[{"a":1},{"b":1}]', 'application/json')).toThrow('All object keys must match');
    expect(() => parse('{', 'application/json')).toThrow('Empty or invalid json');
    expect(() => parse('a', 'text/plain')).toThrow('Content-Type not acceptable: text/plain');
  });

  test('of CSV become JSON, NULL being null', () => {
    expect(parse('a,b\r\n1,"x, ""y"""\nNULL,\n', 'text/csv')).toMatchObject({
      text: '[{"a":"1","b":"x, \\"y\\""},{"a":null,"b":""}]',
    });
    expect(() => parse('a,b\n1\n', 'text/csv')).toThrow('All lines must have same number of fields');
  });
});

describe('query strings', () => {
  test('are told in order, encoded, in Content-Location', () => {
    const query = parseQueryString('select=a,b&b=is.null&b=eq.x+y&d');
    expect(canonicalQuery(query)).toBe('b=is.null,eq.x%20y&d=&select=a%2Cb');
  });

  test('survive bad encodings', () => {
    expect(parseQueryString('a=%zz&b=%c3%28&c=%C3%A9')).toEqual([
      { key: 'a', value: '%zz' },
      { key: 'b', value: '\uFFFD(' },
      { key: 'c', value: 'é' },
    ]);
  });
});

describe('suggestions', () => {
  test('are the most similar names', () => {
    expect(rankBySimilarity(['projects', 'products', 'x'], 'project')[0]?.name).toBe('projects');
    expect(rankBySimilarity(['projects'], 'zzz')).toEqual([]);
  });
});

describe('errors of PostgreSQL', () => {
  test.each([
    ['42501', 'permission denied', false, 401],
    ['42501', 'permission denied', true, 403],
    ['23505', 'duplicate key', true, 409],
    ['42883', 'function does not exist', true, 404],
    ['PT402', 'Payment Required', true, 402],
    ['P0001', 'raised', true, 400],
    ['P0002', 'no data', true, 500],
    ['53400', 'limit', true, 500],
    ['53300', 'too many connections', true, 503],
    ['22023', 'role "x" does not exist', true, 401],
  ])('%s (%s) with a token: %s is %i', (code, message, authenticated, status) => {
    expect(fromDatabaseError({ code, message }, authenticated).status).toBe(status);
  });

  test('can be a whole answer', () => {
    const message = '{"code":"123","message":"ABC","hint":"look"}';
    const detail = '{"status":332,"status_text":"My Status","headers":{"X-Header":"x"}}';
    const error = fromDatabaseError({ code: 'PGRST', message, detail }, true);
    expect(error).toMatchObject({
      status: 332,
      statusText: 'My Status',
      code: '123',
      message: 'ABC',
      hint: 'look',
    });
    expect(error.headers).toEqual([['X-Header', 'x']]);
    expect(fromDatabaseError({ code: 'PGRST', message, detail: undefined }, true).code).toBe('PGRST121');
  });
});

describe('quoting', () => {
  test('leaves no way out of a name, a constant or an array', () => {
    expect(quoteIdentifier('a"; drop\u0000x')).toBe('"a""; drop"');
    expect(quoteLiteral("a'\\b")).toBe("E'a''\\\\b'");
    expect(arrayLiteral(['a"b\\', '', 'c,d'])).toBe('{"a\\"b\\\\","","c,d"}');
  });
});

describe('views', () => {
  test('tell where their columns come from, by the outermost target list only', () => {
    const rule =
      '({QUERY :commandType 1 :rtable ({RTE :subquery {QUERY :targetList ({TARGETENTRY :resno 9 :resorigtbl 9 :resorigcol 9})}}) ' +
      ':targetList ({TARGETENTRY :expr {VAR :varno 1} :resno 1 :resname a\\ b\\) :resorigtbl 77 :resorigcol 3 :resjunk false} ' +
      '{TARGETENTRY :expr {CONST :constvalue 4 [ 1 0 ]} :resno 2 :resname :resorigtbl :resorigtbl 0 :resorigcol 0}) :limitCount <>})';
    expect(readColumnOrigins(rule)).toEqual([{ column: 1, table: '77', tableColumn: 3 }]);
  });
});

describe('settings', () => {
  test('come from config.toml, then from the database', () => {
    const settings = readRestSettings(new Section({ schemas: ['api'], max_rows: 50 }));
    expect(settings).toMatchObject({
      schemas: ['api'],
      maxRows: 50,
      extraSearchPath: ['public', 'extensions'],
    });
    const changed = applyInDatabase(settings, {
      db_schemas: 'v1, v2',
      db_max_rows: '7',
      db_plan_enabled: 'true',
      db_tx_end: 'rollback-allow-override',
      db_pre_request: 'v1.check',
      jwt_role_claim_key: '$.app["user role"][0]',
      db_aggregates_enabled: 'perhaps',
    });
    expect(changed).toMatchObject({
      schemas: ['v1', 'v2'],
      maxRows: 7,
      planEnabled: true,
      txEnd: { rollback: true, allowOverride: true },
      preRequest: { schema: 'v1', name: 'check' },
      jwtRolePath: ['app', 'user role', 0],
      aggregatesEnabled: false,
    });
  });
});
