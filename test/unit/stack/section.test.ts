import { expect, test } from 'vitest';
import { Section } from '../../../plugin/stack/config/section.ts';

test('reads values by type, with defaults', () => {
  const auth = new Section({
    site_url: 'http://x',
    jwt_expiry: 60,
    urls: ['a'],
    email: { enable_signup: false },
  });
  expect(auth.string('site_url')).toBe('http://x');
  expect(auth.string('other', 'default')).toBe('default');
  expect(auth.integer('jwt_expiry', 3600)).toBe(60);
  expect(auth.strings('urls')).toEqual(['a']);
  expect(auth.section('email').boolean('enable_signup', true)).toBe(false);
  expect(auth.section('sms').boolean('enable_signup', true)).toBe(true);
});

test('reports key, expected type and value when the type is wrong', () => {
  const top = new Section({ auth: { jwt_expiry: 'soon', email: { max_frequency: 'often' } } });
  const auth = top.section('auth');
  expect(() => auth.integer('jwt_expiry')).toThrow('auth.jwt_expiry must be a whole number, not "soon"');
  expect(() => auth.section('email').duration('max_frequency', 1)).toThrow(
    'auth.email.max_frequency must be a duration',
  );
});

test.each([
  ['1s', 1],
  ['1m30s', 90],
  ['24h', 86_400],
  ['500ms', 0.5],
  ['0', 0],
])('reads the duration %s as %d seconds', (text, seconds) => {
  expect(new Section({ time: text }).duration('time', 7)).toBe(seconds);
});

test('lists the keys that nothing has read, with their tables', () => {
  const top = new Section({
    auth: { site_url: 'x', typo: 1, email: { known: true, unknown: true } },
    unread: {},
  });
  const auth = top.section('auth');
  auth.string('site_url');
  auth.section('email').boolean('known', false);
  expect(top.unread()).toEqual([
    { path: ['auth', 'typo'], meant: undefined },
    { path: ['auth', 'email', 'unknown'], meant: 'known' },
    { path: ['unread'], meant: undefined },
  ]);
});

test('lists the tables below, such as buckets, and refuses other values there', () => {
  const buckets = new Section({ avatars: { public: true } });
  expect(buckets.sections().map(([name, section]) => [name, section.boolean('public', false)])).toEqual([
    ['avatars', true],
  ]);
  expect(() => new Section({ images: 'no table' }).sections()).toThrow('images must be a table');
});
