import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Section } from '../../../plugin/stack/config/section.ts';
import { readRestSettings } from '../../../plugin/stack/rest/settings/settings.ts';
import { startTestEngine, type TestEngine } from './engine-helper.ts';

// What PostgREST changed from version 14 to 16, by its change log.

let rest: TestEngine;
beforeAll(async () => {
  rest = await startTestEngine(
    `create table public.authors (id int primary key, name text);
     create table public.books (id int primary key, author int references authors, title text, kept bool default true);
     create table public.keyless (name text);
     insert into authors values (1, 'Ann'), (2, 'Bob');
     insert into books values (1, 1, 'One'), (2, 1, 'Two'), (3, 2, 'Three');
     create function public.moment() returns text language sql stable as $$ select '2026-01-01 12:00+00'::timestamptz::text $$;
     create function public.varied() returns text language plpgsql as $$ begin
       perform set_config('response.headers', '[{"Vary": "Cookie"}]', true); return ''; end $$;`,
    { planEnabled: true },
  );
});
afterAll(() => rest.stop());

describe('Prefer: timezone takes what PostgreSQL takes', () => {
  test.each([
    ['America/Lima', '2026-01-01 07:00:00-05'],
    ['+05:30', '2026-01-01 06:30:00-05:30'],
    ['-4', '2026-01-01 08:00:00-04'],
    ['PST8PDT', '2026-01-01 04:00:00-08'],
    ['utc', '2026-01-01 12:00:00+00'],
  ])('%s', async (zone, moment) => {
    const answer = await rest.send('GET', '/rpc/moment', { prefer: `timezone=${zone}` });
    expect([answer.status, JSON.parse(answer.body)]).toEqual([200, moment]);
    expect(answer.headers['preference-applied']).toBe(`timezone=${zone}`);
  });

  test.each(['', 'handling=lenient, ', 'handling=strict, '])(
    'and fails for another one: %s',
    async (handling) => {
      for (const zone of ['Moon/Sea', "a'b", '+999']) {
        const answer = await rest.send('GET', '/authors', { prefer: `${handling}timezone=${zone}` });
        expect(answer.status).toBe(400);
        expect(JSON.parse(answer.body)).toMatchObject({
          code: '22023',
          message: `invalid value for parameter "TimeZone": "${zone}"`,
        });
      }
      const leap = await rest.send('GET', '/authors', { prefer: `${handling}timezone=05:30:15` });
      expect(JSON.parse(leap.body)).toMatchObject({
        message: 'time zone "05:30:15" appears to use leap seconds',
      });
      expect((await rest.send('GET', '/rpc/moment')).body).toBe('"2026-01-01 12:00:00+00"');
    },
  );
});

describe('Vary', () => {
  test.each([
    ['GET', '/authors', 'Accept, Prefer, Range'],
    ['HEAD', '/authors', 'Accept, Prefer, Range'],
    ['OPTIONS', '/authors', 'Accept, Prefer, Range'],
    ['GET', '/', 'Accept, Prefer, Range'],
    ['DELETE', '/books?id=eq.99', 'Accept, Prefer, Range'],
    ['POST', '/rpc/moment', 'Accept, Prefer, Range'],
    // A function that sets the header decides, and errors do not depend on those headers.
    ['POST', '/rpc/varied', 'Cookie'],
    ['GET', '/nothing', undefined],
  ])('%s %s', async (method, path, vary) => {
    expect((await rest.send(method, path)).headers.vary).toBe(vary);
  });
});

test('Vary adds to what earlier middleware has named', async () => {
  const server = createServer((req, res) => {
    res.setHeader('Vary', 'Origin');
    rest.engine.handle(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const { headers } = await fetch(`http://127.0.0.1:${port}/authors`);
    expect(headers.get('vary')).toBe('Accept, Prefer, Range, Origin');
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

describe('Warning: 299 for names that an alias hides', () => {
  test.each([
    ['select=name,b:books(title)&books.id=eq.1', '`books` to `b`'],
    ['select=name,b:books(title)&books.order=title', '`books` to `b`'],
    ['select=name,b:books(title)&books.limit=1', '`books` to `b`'],
    ['select=name,b:books(title)&books.or=(id.eq.1,id.eq.2)', '`books` to `b`'],
    ['select=title,w:authors(name,b:books(id))&authors.books.id=eq.1', '`authors` to `w`, `books` to `b`'],
    ['select=name,b:books(title)&b.id=eq.1', undefined],
    ['select=name,books(title)&books.id=eq.1', undefined],
    ['select=name,books:books(title)&books.id=eq.1', undefined],
    ['select=name,b:books(title)', undefined],
  ])('%s', async (query, updates) => {
    const table = query.includes('w:authors') ? 'books' : 'authors';
    const answer = await rest.send('GET', `/${table}?${query}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.warning).toBe(
      updates &&
        `299 PostgRESTv16.5 "Embedded resource was referenced by relation name even though it has an alias. This is ` +
          `deprecated and will stop working in a future release. Update ${updates} in query string filters, orders or limits."`,
    );
  });

  test('and on writes', async () => {
    const answer = await rest.send(
      'PATCH',
      '/authors?id=eq.1&select=name,b:books(title)&books.id=eq.1',
      { 'content-type': 'application/json', prefer: 'return=representation' },
      '{"name":"Ann"}',
    );
    expect(answer.headers.warning).toContain('`books` to `b`');
  });
});

describe('no rows is not unknown: the status of a POST', () => {
  const json = 'application/json';
  test.each([
    ['merge-duplicates', '/authors', json, '[]', 200],
    ['merge-duplicates', '/authors?columns=id,name', json, '[]', 200],
    ['merge-duplicates, missing=default', '/books?columns=id,kept', json, '[]', 200],
    ['merge-duplicates', '/authors', 'text/csv', 'id,name\n', 200],
    ['merge-duplicates', '/keyless', json, '[]', 200],
    ['merge-duplicates', '/keyless', json, '[{"name":"a"}]', 201],
    ['merge-duplicates', '/authors', json, '[{"id":1,"name":"Ann"}]', 200],
    ['merge-duplicates', '/authors', json, '[{"id":1,"name":"Ann"},{"id":7,"name":"Eve"}]', 201],
    ['ignore-duplicates', '/authors', json, '[]', 201],
    ['ignore-duplicates', '/authors', json, '[{"id":1,"name":"Ann"}]', 201],
    ['', '/authors', json, '[]', 201],
  ])('%s %s %s %s', async (resolution, path, type, body, status) => {
    for (const returned of ['return=representation', 'return=minimal', 'return=headers-only']) {
      const preferences = resolution ? `resolution=${resolution}, ` : '';
      const headers = { 'content-type': type, prefer: `${preferences}${returned}, tx=rollback` };
      const answer = await rest.send('POST', path, headers, body);
      expect([returned, answer.status]).toEqual([returned, status]);
      if (status === 201 && body.includes('Eve')) await rest.admin.query('delete from authors where id = 7');
    }
  });

  test('a PUT without rows is a mistake', async () => {
    const answer = await rest.send('PUT', '/authors?id=eq.1', { 'content-type': json }, '[]');
    expect(answer.status).toBe(400);
  });
});

test('EXPLAIN VERBOSE shows the columns in the order of PostgREST', async () => {
  const accept = 'application/vnd.pgrst.plan+text; options=verbose';
  const { body } = await rest.send('GET', '/authors', { accept });
  const [, output = ''] = /Output: (.*)/.exec(body) ?? [];
  expect(output).toMatch(/^NULL::bigint, count\(.*?\), COALESCE\(json_agg\(.*?\), '\[\]'::json\), NULLIF\(/);
});

test.each(['pg_catalog', 'information_schema'])('the schema %s cannot be exposed', (schema) => {
  const section = new Section({ api: { schemas: ['public', schema] } }).section('api');
  expect(() => readRestSettings(section)).toThrow(new RegExp(`api\\.schemas.*${schema}`));
});
