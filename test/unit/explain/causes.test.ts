import { describe, expect, test } from 'vitest';
import { explainSlow } from '../../../plugin/explain/causes/request.ts';
import { explainStorage } from '../../../plugin/explain/causes/storage.ts';
import type { RestTarget } from '../../../plugin/shared/observations.ts';

describe('a refusal of Storage', () => {
  const refused = (method: string, path: string, code = 'AccessDenied') =>
    explainStorage(
      {
        kind: 'storage',
        request: {},
        method,
        path,
        status: 403,
        code,
        message: 'new row violates row-level security policy',
        token: undefined,
      },
      0,
    );

  test.each([
    ['POST', '/object/photos/a%20b.png', /may not insert a b\.png in the bucket photos: /],
    ['PUT', '/object/upload/sign/photos/a.png?token=t', /may not insert a\.png in the bucket photos: /],
    ['POST', '/object/list-v2/my%20photos', /may not insert objects in the bucket my photos: /],
    ['POST', '/object/copy', /may not insert objects: no policy of storage\.objects for insert is true/],
    ['POST', '/object/move', /may not update objects: no policy of storage\.objects for update is true/],
    ['POST', '/bucket', /may not insert buckets: no policy of storage\.buckets for insert is true/],
    ['PUT', '/bucket/photos', /may not update buckets: no policy of storage\.buckets for update is true/],
  ])('of %s %s names what was asked for', (method, path, cause) => {
    expect(refused(method, path)?.cause).toMatch(cause);
  });

  test('gives SQL that can be pasted', () => {
    expect(refused('PUT', "/object/o'brien/a.png")?.code).toBe(
      `create policy "update o'brien" on storage.objects for update to anon using (bucket_id = 'o''brien' and owner_id = (select auth.uid()::text)) with check (bucket_id = 'o''brien' and owner_id = (select auth.uid()::text));`,
    );
  });
});

describe('a slow answer', () => {
  const slow = (query: string, target: Partial<RestTarget> = {}) =>
    explainSlow({
      kind: 'rest',
      request: {},
      method: 'GET',
      url: `/notes?${query}`,
      status: 200,
      milliseconds: 1_500,
      target: { action: 'select', schema: 'public', name: 'notes', returnsRows: true, ...target },
    })?.code;

  test.each([
    ['user_id=eq.1', 'create index on public.notes (user_id);'],
    ['userId=eq.1', 'create index on public.notes ("userId");'],
    ['or=(a.eq.1,b.eq.2)&user_id=eq.1', 'create index on public.notes (user_id);'],
    ['and=(a.eq.1)', undefined],
    ['not.or=(a.eq.1,b.eq.2)', undefined],
    ['authors.name=eq.Anna', undefined],
    ['meta->>level=eq.1', undefined],
    ['', undefined],
  ])('with the filter %s', (query, code) => {
    expect(slow(query)).toBe(code);
  });

  test('of a function has no column to index', () => {
    expect(slow('user_id=1', { action: 'call' })).toBeUndefined();
  });
});
