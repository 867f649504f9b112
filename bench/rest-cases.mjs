// The tables and requests that REST is measured with.

/** Tables and rows; runs on any PostgreSQL that has a role anon. */
export const SCHEMA = `
create table public.authors (id int primary key, name text not null);
create table public.books (id int primary key, author_id int not null references authors, title text not null, published bool not null);
create table public.reviews (id int primary key, book_id int not null references books, stars int not null, body text);
create table public.events (id bigint generated always as identity primary key, kind text not null, payload jsonb);
create index on books (author_id);
create index on reviews (book_id);
insert into authors select i, 'author ' || i from generate_series(1, 1000) i;
insert into books select i, 1 + i % 1000, 'book ' || i, i % 3 > 0 from generate_series(1, 100000) i;
insert into reviews select i, 1 + i % 100000, i % 5, 'a review of some length, number ' || i from generate_series(1, 200000) i;
create function public.add(a int, b int) returns int language sql immutable as 'select a + b';
analyze;
`;

const json = { 'content-type': 'application/json' };
const events = Array.from({ length: 1000 }, (_unused, i) => ({ kind: 'click', payload: { x: i, y: i * 2 } }));
/** The requests, as arguments of `fetch`; paths are relative to the API's root. */
export const CASES = [
  { name: 'one row by primary key', request: { path: '/books?id=eq.4711' } },
  { name: '100 rows', request: { path: '/books?order=id&limit=100' } },
  {
    name: 'embed of two levels',
    request: { path: '/authors?select=name,books(title,reviews(stars))&id=eq.7' },
  },
  {
    name: 'filtered count',
    request: {
      path: '/books?select=id&published=is.true&author_id=lt.50&limit=1',
      headers: { prefer: 'count=exact' },
    },
  },
  {
    name: 'insert, representation',
    request: {
      method: 'POST',
      path: '/events',
      headers: { ...json, prefer: 'return=representation' },
      body: JSON.stringify(events[0]),
    },
  },
  {
    name: 'bulk insert of 1,000',
    request: {
      method: 'POST',
      path: '/events?columns=kind,payload',
      headers: { ...json, prefer: 'return=minimal' },
      body: JSON.stringify(events),
    },
  },
  { name: 'rpc', request: { method: 'POST', path: '/rpc/add', headers: json, body: '{"a":1,"b":2}' } },
];
