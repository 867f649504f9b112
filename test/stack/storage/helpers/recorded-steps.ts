import { readdir, stat } from 'node:fs/promises';
import { request, type ClientRequest } from 'node:http';
import { join } from 'node:path';
import type pg from 'pg';
import { vi } from 'vitest';
import type { RecordedRow, Recording, Settings } from './recording.ts';
import type { Replayer } from './replay.ts';
import type { StorageStack } from './storage-stack.ts';

/** A recorded value and the one that this stack produced. */
export interface Difference {
  readonly expected: unknown;
  readonly actual: unknown;
}

/** The steps of the recorder that were not sequential requests. */
export class RecordedSteps {
  readonly #postgres: pg.Client;
  readonly #stack: StorageStack;
  #patch: Promise<unknown> | undefined;

  /** @param postgres a connection of a superuser */
  constructor(postgres: pg.Client, stack: StorageStack) {
    this.#postgres = postgres;
    this.#stack = stack;
  }

  /** Runs the recorder's steps before a request. */
  async before(file: string, { name }: Recording, replayer: Replayer): Promise<void> {
    if (file === 'settings' && name === 'upload') await this.#postgres.query(this.#probe());
    if (name === 'HEAD while a PATCH is in flight') await this.#startPatch(replayer);
  }

  /** Compares an entry that is not a request. */
  async compare(recording: Recording): Promise<Difference | undefined> {
    if (recording.rows) return this.#compareRows(recording.rows);
    if (recording.seen && Object.keys(recording.seen).length > 0)
      return this.#compareSettings(recording.seen);
    if (recording.name === 'the first PATCH ended')
      return { expected: recording.result, actual: await this.#patch };
    return undefined;
  }

  /** Each recorded row of storage.objects must exist here, apart from its times. */
  async #compareRows(expected: readonly RecordedRow[]): Promise<Difference> {
    const { rows } = await this.#postgres.query<RecordedRow>(
      'select name, metadata, user_metadata from storage.objects',
    );
    const found = new Set(rows.map(describeRow));
    // On the real server, PutObjectAcl emptied an object.
    const kept = expected.filter((row) => row.metadata.mimetype !== 'application/xml');
    return { expected: [], actual: kept.map(describeRow).filter((row) => !found.has(row)) };
  }

  async #compareSettings(seen: Readonly<Record<string, Settings>>): Promise<Difference> {
    const { rows } = await this.#postgres.query<{ key: string; value: Settings }>(
      'select * from public.seen',
    );
    const actual = Object.fromEntries(rows.map(({ key, value }) => [key, withoutProxy(value)]));
    const expected = Object.fromEntries(
      Object.entries(seen).map(([key, value]) => [key, withoutProxy(value)]),
    );
    return { expected, actual };
  }

  /** Policies that record what they see over a separate connection: the check before an upload is rolled back. */
  #probe(): string {
    const { host, port, user, password, database } = this.#postgres;
    const connection = `host=${host} port=${port} user=${user} password=${password} dbname=${database}`;
    const policies = ['select using', 'insert with check', 'delete using'].map((clause) => {
      const [command] = clause.split(' ', 1);
      return `create policy note_${command} on storage.objects as restrictive for ${clause}
        (bucket_id <> 'rd' or public.note('${command}', current_user));`;
    });
    return `create extension if not exists dblink with schema extensions;
      create table public.seen (key text primary key, value jsonb);
      create function public.note(command text, seen_by text) returns boolean
      language plpgsql security definer as $$
      declare
        setting constant jsonb := jsonb_build_object('op', storage.operation(), 'user', seen_by,
          'sp', current_setting('search_path'), 'st', current_setting('statement_timeout'),
          'adq', current_setting('storage.allow_delete_query'), 'jwt', current_setting('request.jwt'),
          'sub', current_setting('request.jwt.claim.sub'), 'path', current_setting('request.path'),
          'role', current_setting('role'), 'crole', current_setting('request.jwt.claim.role'),
          'claims', current_setting('request.jwt.claims'), 'method', current_setting('request.method'),
          'headers', current_setting('request.headers'));
      begin
        perform extensions.dblink_exec('${connection}', format(
          'insert into public.seen values (%L, %L) on conflict do nothing',
          concat_ws(' ', command, setting ->> 'op', setting ->> 'path'), setting));
        return true;
      end $$;
      ${policies.join('\n')}`;
  }

  /** Sends half of the announced bytes and stays open. */
  async #startPatch(replayer: Replayer): Promise<void> {
    const location = replayer.substitute('dGwvbC50eHQvMmQwMGYyZGItOGEzOC00NzBiLTk4MDMtMTFmYzQzNjgyMTFh');
    const headers = {
      authorization: replayer.substitute('Bearer {{service}}'),
      'tus-resumable': '1.0.0',
      'upload-offset': '0',
      'content-type': 'application/offset+octet-stream',
      'content-length': '6',
    };
    const req: ClientRequest = request(`${this.#stack.url}/upload/resumable/${location}`, {
      method: 'PATCH',
      headers,
    });
    this.#patch = new Promise((resolve, reject) => {
      req.on('error', reject).on('response', (res) => {
        let body = '';
        res.setEncoding('utf8').on('data', (text: string) => (body += text));
        res.on('end', () => {
          req.destroy();
          resolve({ status: res.statusCode, offset: res.headers['upload-offset'], body });
        });
      });
    });
    req.write('abc');
    const uploads = join(this.#stack.storageDir, 'uploads');
    await vi.waitFor(async () => {
      const parts = (await readdir(uploads)).filter((name) => name.endsWith('.part'));
      const sizes = await Promise.all(parts.map(async (name) => (await stat(join(uploads, name))).size));
      if (!sizes.includes(3)) throw new Error('nothing has arrived');
    }, 10_000);
  }
}

function describeRow({ name, metadata, user_metadata }: RecordedRow): string {
  const { eTag, size, mimetype, cacheControl, contentLength, httpStatusCode, lastModified } = metadata;
  const known = [eTag, size, mimetype, cacheControl, contentLength, httpStatusCode, typeof lastModified];
  return JSON.stringify([name, known, Object.keys(metadata).length, user_metadata]);
}

/** Without the headers of the proxy, which differs from the recorded one. */
function withoutProxy(settings: Settings): unknown {
  const headers = Object.entries(JSON.parse(settings.headers ?? '{}') as Record<string, string>);
  const sent = headers.filter(([name]) => !/^(x-forwarded-.*|host|connection)$/.test(name));
  return { ...settings, headers: Object.fromEntries(sent) };
}
