import { expect, expectTypeOf, test } from 'vitest';
import type { Context } from '../../../plugin/stack/auth/app.ts';
import { json } from '../../../plugin/stack/auth/http/reply.ts';
import { dispatch, group, route, type Route } from '../../../plugin/stack/auth/router.ts';

interface Named {
  readonly name: string;
}

const named = (): Named => ({ name: 'Ann' });
const greet = (ctx: Context, { name }: Named): ReturnType<typeof json> => json({ name, ...ctx.params });

const ROUTES: readonly Route<object>[] = [
  route('GET', '/me', named, greet),
  group('/people', named, [route('GET', '/:id', greet), route('PUT', '/:id', greet)]),
];

async function answer(method: string, path: string): Promise<[status: number, body: string | undefined]> {
  const ctx = { req: { method, path }, params: {} } as unknown as Context;
  const { status, body } = await dispatch(ROUTES, ctx, path, {});
  return [status, body];
}

test('passes what guards prove, and decoded segments, to the handler', async () => {
  expect(await answer('GET', '/me')).toEqual([200, '{"name":"Ann"}']);
  expect(await answer('GET', '/people/a%20b')).toEqual([200, '{"name":"Ann","id":"a b"}']);
  expect(await answer('GET', '/people/%')).toEqual([200, '{"name":"Ann","id":"%"}']);
});

test('answers unknown paths and methods', async () => {
  expect(await answer('GET', '/nobody')).toEqual([404, '404 page not found\n']);
  expect(await answer('DELETE', '/people/1')).toEqual([405, undefined]);
});

test('accepts a handler only where a guard proves what it needs', () => {
  expectTypeOf(route('GET', '/me', greet)).not.toExtend<Route<object>>();
  expectTypeOf(route('GET', '/me', named, greet)).toExtend<Route<object>>();
});
