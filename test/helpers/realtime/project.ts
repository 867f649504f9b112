import { exportJWK, generateKeyPair, SignJWT } from 'jose';

const USER_A = '11111111-1111-4111-8111-111111111111';
const USER_B = '22222222-2222-4222-8222-222222222222';

/** The tables, grants and policies of the database that the recorded server used. */
const RECORDED_SCHEMA = `
create type public.mood as enum ('sad', 'ok', 'happy');
create schema other;
grant usage on schema other to anon, authenticated, service_role;

create table public.items (id serial primary key, name text, qty int);
create table public.items_full (id serial primary key, name text, qty int);
alter table public.items_full replica identity full;
create table other.things (id serial primary key, name text);
grant select on other.things to anon, authenticated, service_role;
create table public."MixedCase" (id serial primary key, "camelCol" text);
create table public.todos (
  id bigint primary key, user_id uuid, title text, done boolean not null default false,
  inserted_at timestamptz not null default '2026-01-02 03:04:05.678901+00');
create table public.rls_full (id int primary key, user_id uuid, name text);
alter table public.rls_full replica identity full;
create table public.no_grant (id int primary key, name text);
revoke all on public.no_grant from anon, authenticated;
create table public.col_priv (id int primary key, open_col text, secret_col text);
revoke all on public.col_priv from anon, authenticated;
grant select (id, open_col) on public.col_priv to anon, authenticated;
create table public.nopk (name text);
create table public.bigrow (id int primary key, name text, body text);
alter table public.bigrow alter column body set storage external;
create table public.not_published (id serial primary key, name text);
create table public.types_all (
  id int primary key, c_smallint smallint, c_int int, c_bigint bigint, c_numeric numeric, c_numeric102 numeric(10,2),
  c_real real, c_double double precision, c_bool boolean, c_text text, c_varchar varchar(20), c_char char(2), c_json json,
  c_jsonb jsonb, c_text_arr text[], c_int_arr int[], c_jsonb_arr jsonb[], c_tstz timestamptz, c_ts timestamp, c_date date,
  c_time time, c_timetz timetz, c_interval interval, c_uuid uuid, c_bytea bytea, c_inet inet, c_enum public.mood,
  c_int4range int4range, c_point point, c_money money, c_xml xml, c_null text);
create table public.bc_src (id int primary key, v text);

alter table public.todos enable row level security;
create policy own on public.todos for all to authenticated using (user_id = auth.uid());
alter table public.rls_full enable row level security;
create policy own on public.rls_full for all to authenticated using (user_id = auth.uid());

alter publication supabase_realtime add table
  public.items, public.items_full, other.things, public."MixedCase", public.todos, public.rls_full, public.no_grant,
  public.col_priv, public.nopk, public.bigrow, public.types_all;

create function public.notify_changes() returns trigger language plpgsql security definer as $$
begin
  perform realtime.broadcast_changes('priv-rw', tg_op, tg_op, tg_table_name, tg_table_schema, new, old);
  return null;
end $$;
create trigger notify after insert or update or delete on public.bc_src
  for each row execute function public.notify_changes();

create function public.fail() returns boolean language plpgsql as $$ begin raise exception 'broken policy'; end $$;
create policy rw_read on realtime.messages for select to authenticated using (realtime.topic() in ('priv-rw', 'priv-rw2'));
create policy rw_write on realtime.messages for insert to authenticated with check (realtime.topic() in ('priv-rw', 'priv-rw2'));
create policy ro_read on realtime.messages for select to authenticated using (realtime.topic() = 'priv-ro');
create policy wo_write on realtime.messages for insert to authenticated with check (realtime.topic() = 'priv-wo');
create policy bc_read on realtime.messages for select to authenticated
  using (realtime.topic() = 'priv-bcast' and extension = 'broadcast');
create policy bc_write on realtime.messages for insert to authenticated
  with check (realtime.topic() = 'priv-bcast' and extension = 'broadcast');
create policy pr_read on realtime.messages for select to authenticated
  using (realtime.topic() = 'priv-pres' and extension = 'presence');
create policy pr_write on realtime.messages for insert to authenticated
  with check (realtime.topic() = 'priv-pres' and extension = 'presence');
create policy erring on realtime.messages for select to authenticated
  using (case when realtime.topic() = 'priv-err' then public.fail() else false end);
create policy own_read on realtime.messages for select to authenticated using (realtime.topic() = 'priv-user:' || auth.uid());
`;

export interface RecordedTokens {
  /** Files of the project: the schema, and an ES256 signing key. */
  readonly files: Readonly<Record<string, string>>;
  /** The token for a placeholder of the recordings, such as `<anon>` or `<jwt role=authenticated sub=1111 ttl=4>`. */
  resolve(placeholder: string): Promise<string>;
}

/** Creates the tokens of the recordings; `jwtSecret` is the secret of the stack that runs with `files`. */
export async function makeRecordedTokens(jwtSecret: string): Promise<RecordedTokens> {
  const signing = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(signing.privateKey)), alg: 'ES256', kid: 'test-key', use: 'sig' };
  const secret = new TextEncoder().encode(jwtSecret);
  const now = Math.floor(Date.now() / 1000);

  const sign = (
    claims: Record<string, unknown>,
    header: Record<string, string> = {},
    key = secret,
  ): Promise<string> => new SignJWT(claims).setProtectedHeader({ alg: 'HS256', ...header }).sign(key);
  const es256 = (header: Record<string, string>): Promise<string> =>
    new SignJWT({ role: 'authenticated', sub: USER_A, exp: now + 3600 })
      .setProtectedHeader({ alg: 'ES256', ...header })
      .sign(signing.privateKey);
  const user = (sub: string, ttl: number): Promise<string> =>
    sign({ role: 'authenticated', sub, exp: Math.floor(Date.now() / 1000) + ttl });
  const unsigned = (claims: unknown): string =>
    `${[{ alg: 'none' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;

  const makers: Readonly<Record<string, () => Promise<string>>> = {
    anon: () => sign({ role: 'anon', exp: now + 86_400 }),
    service: () => sign({ role: 'service_role', exp: now + 86_400 }),
    userA: () => user(USER_A, 3600),
    userB: () => user(USER_B, 3600),
    expired: () => sign({ role: 'authenticated', sub: USER_A, exp: now - 3600 }),
    badsig: () =>
      sign(
        { role: 'anon', exp: now + 3600 },
        {},
        new TextEncoder().encode('another secret of enough length'),
      ),
    norole: () => sign({ sub: USER_A, exp: now + 3600 }),
    noexp: () => sign({ role: 'authenticated', sub: USER_A }),
    unknownrole: () => sign({ role: 'not_a_role', sub: USER_A, exp: now + 3600 }),
    es256: () => es256({ kid: 'test-key' }),
    es256badkid: () => es256({ kid: 'no-such-kid' }),
    es256nokid: () => es256({}),
    hskid: () => sign({ role: 'anon', exp: now + 3600 }, { kid: 'unknown' }),
    algnone: () => Promise.resolve(unsigned({ role: 'anon', exp: now + 3600 })),
    publishable: () => Promise.resolve('sb_publishable_abc'),
    secret: () => Promise.resolve('sb_secret_abc'),
    garbage: () => Promise.resolve('garbage'),
    garbage3: () => Promise.resolve('aaa.bbb.ccc'),
  };
  const made = new Map<string, Promise<string>>();
  return {
    files: {
      'supabase/migrations/1_recorded.sql': RECORDED_SCHEMA,
      'supabase/config.toml': '[auth]\nsigning_keys_path = "./signing_keys.json"\n',
      'supabase/signing_keys.json': JSON.stringify([jwk]),
    },
    resolve(placeholder) {
      const timed = /^<jwt role=authenticated sub=(\d)\d* ttl=(\d+)>$/.exec(placeholder);
      if (timed) return user(timed[1] === '1' ? USER_A : USER_B, Number(timed[2]));
      const name = placeholder.slice(1, -1);
      let token = made.get(name);
      if (!token) {
        const make = makers[name];
        if (!make) throw new Error(`unknown token ${placeholder}`);
        made.set(name, (token = make()));
      }
      return token;
    },
  };
}
