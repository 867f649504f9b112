import { readFileSync } from 'node:fs';
import { SignJWT } from 'jose';
import { REALTIME_SUBSCRIBE_STATES, type RealtimeChannel, type SupabaseClient } from '@supabase/supabase-js';
import pg from 'pg';
import { WebSocket } from 'ws';
import type { TestStack } from '../../helpers/stack.ts';

/** The migration of the broken set-ups. */
export const BROKEN_SQL: string = readFileSync(new URL('./broken.sql', import.meta.url), 'utf8');

/** Who acts in a case. */
export interface Actors {
  readonly stack: TestStack;
  readonly anon: SupabaseClient;
  /** A signed-in user. */
  readonly user: SupabaseClient;
  readonly userId: string;
}

/** A broken set-up, made for real: what somebody does, and the cause that the terminal must name. */
export interface Case {
  /** The question as somebody would ask it. */
  readonly question: string;
  readonly act: (actors: Actors) => PromiseLike<unknown>;
  readonly cause: RegExp;
}

const sql = async ({ stack }: Actors, text: string): Promise<void> => {
  const client = new pg.Client({ connectionString: stack.dbUrl });
  await client.connect();
  await client.query(text).finally(() => void client.end());
};

const sign = (
  { stack }: Actors,
  claims: Record<string, unknown>,
  secret = stack.jwtSecret,
): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret));

const get = async ({ stack }: Actors, path: string, token: string): Promise<Response> =>
  fetch(`${stack.url}${path}`, {
    headers: { apikey: stack.publishableKey, authorization: `Bearer ${token}` },
  });

/** Subscribes and waits for the end of it, good or bad. */
export const subscribe = (channel: RealtimeChannel): Promise<string> =>
  new Promise((resolve) => {
    channel
      .on('system', {}, ({ extension, status }: { extension: string; status: string }) => {
        if (extension === 'postgres_changes') resolve(status);
      })
      .subscribe((status) => {
        if (status !== REALTIME_SUBSCRIBE_STATES.SUBSCRIBED) resolve(status);
      });
  });

const subscribed = (channel: RealtimeChannel): Promise<string> =>
  new Promise((resolve) => channel.subscribe((status) => resolve(status)));

const seconds = (): number => Math.floor(Date.now() / 1000);

const handshake = (url: string, options: { origin?: string } = {}): Promise<void> =>
  new Promise((resolve) => {
    const socket = new WebSocket(url.replace('http', 'ws'), options);
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    socket.on('open', () => socket.close());
  });

/** The three questions, and the others. */
export const CASES: readonly Case[] = [
  {
    question: 'Why is my WebSocket refused? (the key is of another project)',
    act: async (all) => {
      const token = await sign(
        all,
        { role: 'anon', exp: seconds() + 60, iss: 'another' },
        'another-secret-with-at-least-32-characters',
      );
      await handshake(`${all.stack.url}/realtime/v1/websocket?apikey=${token}&vsn=1.0.0`);
    },
    cause:
      /The token of anon was signed with a key that this stack does not have \(issuer another\): Failed to validate JWT signature/,
  },
  {
    question: 'Why is my WebSocket refused? (a page of another site)',
    act: ({ stack }) =>
      handshake(`${stack.url}/realtime/v1/websocket?apikey=${stack.publishableKey}&vsn=1.0.0`, {
        origin: 'https://elsewhere.example',
      }),
    cause:
      /A WebSocket from https:\/\/elsewhere\.example to \/realtime\/v1\/websocket was refused \(403 ORIGIN_NOT_ALLOWED\)/,
  },
  {
    question: 'Why 401? (the token has expired)',
    act: async (all) =>
      get(
        all,
        '/rest/v1/customers',
        await sign(all, { role: 'authenticated', email: 'anna@example.com', exp: seconds() - 600 }),
      ),
    cause: /The token of anna@example\.com expired at .* UTC, 10 min before REST received it/,
  },
  {
    question: 'Why 401? (the token is of another project)',
    act: async (all) =>
      get(
        all,
        '/rest/v1/customers',
        await sign(
          all,
          { role: 'authenticated', sub: 'ben', iss: 'https://abc.supabase.co/auth/v1', exp: seconds() + 60 },
          'x'.repeat(40),
        ),
      ),
    cause:
      /The token of ben was signed with a key that this stack does not have \(issuer https:\/\/abc\.supabase\.co\/auth\/v1\)/,
  },
  {
    question: 'Why does the message not arrive? (the table is not published)',
    act: ({ anon }) =>
      subscribe(
        anon
          .channel('a')
          .on('postgres_changes', { event: '*', schema: 'public', table: 'unpublished' }, () => {}),
      ),
    cause:
      /A page listens to public\.unpublished, which is not in the publication supabase_realtime\. .*alter publication supabase_realtime add table public\.unpublished;/,
  },
  {
    question: 'Why does the message not arrive? (a policy hides the row)',
    act: async (all) => {
      await subscribe(
        all.user
          .channel('b')
          .on(
            'postgres_changes',
            { event: '*', schema: 'public', table: 'hidden', filter: 'id=eq.1' },
            () => {},
          ),
      );
      await sql(all, "insert into hidden values (1, '00000000-0000-0000-0000-000000000001')");
    },
    cause:
      /INSERT of public\.hidden \(id=1\) reached nobody: authenticated \(anna@example\.com\) listens on b, and policy "own" is not true for the row id=1/,
  },
  {
    question: 'Why does the message not arrive? (nobody has a policy)',
    act: async (all) => {
      await subscribe(
        all.anon
          .channel('c')
          .on('postgres_changes', { event: '*', schema: 'public', table: 'hidden_anon' }, () => {}),
      );
      await sql(all, 'insert into hidden_anon values (1)');
    },
    cause:
      /INSERT of public\.hidden_anon \(id=1\) reached nobody: anon listens on c, and row level security is on and no policy allows select to anon\./,
  },
  {
    question: 'Why does the deletion not arrive? (the filter needs a column that is not logged)',
    act: async (all) => {
      await subscribe(
        all.anon
          .channel('d')
          .on(
            'postgres_changes',
            { event: 'DELETE', schema: 'public', table: 'published', filter: 'room=eq.kitchen' },
            () => {},
          ),
      );
      await sql(all, "insert into published values (1, 'kitchen'); delete from published");
    },
    cause:
      /DELETE of public\.published \(id=1\) reached nobody: the filter room=eq\.kitchen of d .*replica identity full;/,
  },
  {
    question: 'Why does the subscription fail? (no such table)',
    act: ({ anon }) =>
      subscribe(
        anon
          .channel('e')
          .on('postgres_changes', { event: '*', schema: 'public', table: 'publishd' }, () => {}),
      ),
    cause: /A page listens to public\.publishd, which does not exist; the nearest name is published\./,
  },
  {
    question: 'Why does the subscription fail? (no such column)',
    act: ({ anon }) =>
      subscribe(
        anon
          .channel('f')
          .on(
            'postgres_changes',
            { event: '*', schema: 'public', table: 'published', filter: 'rom=eq.1' },
            () => {},
          ),
      ),
    cause: /A page listens to public\.published with the column rom, which it does not have\./,
  },
  {
    question: 'Why can I not join? (a private channel without a policy)',
    act: ({ user }) => subscribed(user.channel('team-1', { config: { private: true } })),
    cause:
      /authenticated \(anna@example\.com\) may not read the private channel team-1: no policy of realtime\.messages/,
  },
  {
    question: 'Why is the channel closed? (presence on every keystroke)',
    act: async ({ anon }) => {
      const channel = anon.channel('typing');
      await subscribed(channel);
      for (let i = 0; i < 8; i += 1) void channel.track({ i });
    },
    cause: /The channel typing was refused or closed: presence was tracked too often/,
  },
  {
    question: 'Why is the answer []? (no policy)',
    act: ({ anon }) => anon.from('no_policy').select(),
    cause:
      /2 rows of public\.no_policy match, and anon may see none of them: row level security is on and no policy allows select to anon\. .*create policy "select no_policy" on public\.no_policy for select to anon using \(true\);/,
  },
  {
    question: 'Why is the answer []? (not signed in)',
    act: ({ anon }) => anon.from('for_users').select(),
    cause:
      /its policies for select are for authenticated, and the request came without a user's token\. Sign in first/,
  },
  {
    question: 'Why is the answer []? (rows of somebody else)',
    act: ({ user }) => user.from('notes').select().eq('body', 'of somebody else'),
    cause:
      /1 row of public\.notes matches, and authenticated \(anna@example\.com\) may see none of them: policy "own notes" is not true for the row id=1\./,
  },
  {
    question: 'Why is the answer []? (a view with security_invoker)',
    act: ({ anon }) => anon.from('secured_view').select(),
    cause: /the view reads public\.secured with the rights of the caller/,
  },
  {
    question: 'Why is the answer []? (a restrictive policy)',
    act: ({ anon }) => anon.from('restricted').select(),
    cause: /restrictive policy "public only" is not true for the row id=1/,
  },
  {
    question: 'Why 406 from single()? (a policy hides the row)',
    act: ({ anon }) => anon.from('one_hidden').select().eq('id', 2).single(),
    cause: /1 row of public\.one_hidden matches, and anon may see none of them: /,
  },
  {
    question: 'Why 406 from single()? (several rows)',
    act: ({ anon }) => anon.from('customers').select().single(),
    cause: /\.single\(\) asks for one row of public\.customers, and 2 match because there is no filter\./,
  },
  {
    question: 'Why 42501? (no GRANT)',
    act: ({ anon }) => anon.from('closed').select(),
    cause:
      /anon has no privilege to select rows of public\.closed: .*grant select on public\.closed to anon; alter table public\.closed enable row level security;/,
  },
  {
    question: 'Why can I not insert? (with check)',
    act: ({ user }) =>
      user.from('notes').insert({ user_id: '00000000-0000-0000-0000-000000000002', body: 'x' }),
    cause:
      /authenticated \(anna@example\.com\) may not insert this row of public\.notes: policy "write own" is not true/,
  },
  {
    question: 'Why can I not insert().select()? (nobody may read it back)',
    act: ({ anon }) => anon.from('write_only').insert({ body: 'x' }).select(),
    cause:
      /anon may insert this row of public\.write_only, but not read it back, which \.select\(\) after \.insert\(\) asks for: row level security is on and no policy allows select to anon\. Leave out \.select\(\)/,
  },
  {
    question: 'Why does update() change nothing?',
    act: ({ user }) => user.from('readable').update({ body: 'new' }).eq('id', 1),
    cause:
      /1 row of public\.readable matches, and authenticated \(anna@example\.com\) may change none of them: row level security is on and no policy allows update to authenticated/,
  },
  {
    question: 'Why does delete() delete nothing?',
    act: ({ user }) => user.from('readable').delete().eq('id', 1),
    cause: /may delete none of them: policy "own only" is not true for the row id=1/,
  },
  {
    question: 'Why does delete() delete nothing? (not signed in)',
    act: ({ anon }) => anon.from('readable').delete().eq('id', 1),
    cause: /anon may delete none of them: policy "own only" is not true for the row id=1\. Sign in first/,
  },
  {
    question: 'Why 404? (the table has another name)',
    act: ({ anon }) => anon.from('custmers').select(),
    cause: /There is no table public\.custmers; the nearest name is customers\./,
  },
  {
    question: 'Why 404? (the table is in another schema)',
    act: ({ anon }) => anon.from('invoices').select(),
    cause:
      /There is no table public\.invoices, but one in the schema billing, which the API does not expose\./,
  },
  {
    question: 'Why 406? (the schema is not exposed)',
    act: ({ anon }) => anon.schema('billing').from('invoices').select(),
    cause: /The API does not expose the schema billing/,
  },
  {
    question: 'Why 400? (no such column in select)',
    act: ({ anon }) => anon.from('customers').select('nme'),
    cause: /There is no column public\.customers\.nme; the nearest name is name\./,
  },
  {
    question: 'Why 400? (no such column in insert)',
    act: ({ anon }) => anon.from('customers').insert({ id: 9, ownerid: null }),
    cause: /There is no column public\.customers\.ownerid; the nearest name is owner_id\./,
  },
  {
    question: 'Why 404 from rpc()? (other arguments)',
    act: ({ anon }) => anon.rpc('add_numbers', { a: 1 }),
    cause:
      /Function public\.add_numbers exists, but not with these arguments: .*Call it as add_numbers\(a integer, b integer\)\./,
  },
  {
    question: 'Why 400? (no relationship to embed)',
    act: ({ anon }) => anon.from('customers').select('*, readable(*)'),
    cause: /public\.customers cannot embed readable: /,
  },
  {
    question: 'Why 500? (infinite recursion in a policy)',
    act: ({ anon }) => anon.from('recursive').select(),
    cause:
      /Infinite recursion detected in policy for relation "recursive" \(42P17\)\. A policy must not read its own table/,
  },
  {
    question: 'Why 400? (update without a filter)',
    act: ({ anon }) => anon.from('customers').update({ name: 'x' }),
    cause: /UPDATE requires a WHERE clause \(21000\)\. Add a filter/,
  },
  {
    question: 'Why is it slow?',
    act: ({ anon }) => anon.from('slow_view').select(),
    cause: /The answer from public\.slow_view took 1\.\d s/,
  },
  {
    question: 'Why is my upload refused? (no policy)',
    act: ({ user }) =>
      user.storage.from('photos').upload('a.png', new Uint8Array(10), { contentType: 'image/png' }),
    cause:
      /authenticated \(anna@example\.com\) may not insert a\.png in the bucket photos: no policy of storage\.objects for insert is true\./,
  },
  {
    question: 'Why is my upload refused? (too large)',
    act: ({ stack }) =>
      stack
        .client(stack.secretKey)
        .storage.from('photos')
        .upload('b.png', new Uint8Array(2000), { contentType: 'image/png' }),
    cause: /An upload to the bucket photos is larger than its file_size_limit/,
  },
  {
    question: 'Why is my upload refused? (the type)',
    act: ({ stack }) =>
      stack
        .client(stack.secretKey)
        .storage.from('photos')
        .upload('b.txt', new Uint8Array(20), { contentType: 'text/plain' }),
    cause: /The bucket photos does not accept this type: mime type text\/plain is not supported\./,
  },
  {
    question: 'Why does the link in the mail lead to another page?',
    act: ({ anon }) =>
      anon.auth.signInWithOtp({
        email: 'cleo@example.com',
        options: { emailRedirectTo: 'https://app.example/welcome' },
      }),
    cause:
      /Auth does not redirect to https:\/\/app\.example\/welcome, which is neither site_url nor in additional_redirect_urls, .*"https:\/\/app\.example\/\*\*"/,
  },
  {
    question: 'Why 404 from functions.invoke()?',
    act: ({ anon }) => anon.functions.invoke('helo'),
    cause: /There is no function helo in supabase\/functions\./,
  },
];
