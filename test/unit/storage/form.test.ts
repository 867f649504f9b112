import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { HELD_BYTES, readForm, type FormFields } from '../../../plugin/stack/storage/http/form.ts';

const field = (name: string, value: string): string =>
  `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const file = (content: string): string =>
  `--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\nContent-Type: text/plain\r\n\r\n${content}\r\n`;
const END = '--b--\r\n';

const SMALL = field('before', '1') + file('small') + field('after', '2') + END;
const LARGE = field('before', '1') + file('x'.repeat(HELD_BYTES + 1)) + field('after', '2') + END;
const FULL = field('before', '1') + file('x'.repeat(HELD_BYTES)) + field('after', '2') + END;

/** A request whose body arrives in chunks of this size, each in another turn of the event loop. */
function slowRequest(body: string, chunkSize: number): IncomingMessage {
  async function* chunks(): AsyncGenerator<Buffer> {
    const bytes = Buffer.from(body);
    for (let start = 0; start < bytes.length; start += chunkSize) {
      await new Promise(setImmediate);
      yield bytes.subarray(start, start + chunkSize);
    }
  }
  const headers = { 'content-type': 'multipart/form-data; boundary=b' };
  return Object.assign(Readable.from(chunks()), { headers }) as unknown as IncomingMessage;
}

interface Seen {
  known: Record<string, string>;
  before: Record<string, string>;
  content: number;
  all: Record<string, string>;
}

async function read(body: string, chunkSize: number): Promise<Seen> {
  let known: FormFields = new Map();
  let before: FormFields = new Map();
  let content = 0;
  const all = await readForm(slowRequest(body, chunkSize), async (part) => {
    before = part.before;
    // A copy, so that fields added later do not count.
    known = new Map(await part.knownFields());
    for await (const chunk of part.content) content += chunk.length;
  });
  return {
    known: Object.fromEntries(known),
    before: Object.fromEntries(before),
    content,
    all: Object.fromEntries(all),
  };
}

test.each([1, 7, 64, 10_000])(
  'all fields around a small file are known, in chunks of %i bytes',
  async (chunkSize) => {
    expect(await read(SMALL, chunkSize)).toEqual({
      known: { before: '1', after: '2' },
      before: { before: '1' },
      content: 5,
      all: { before: '1', after: '2' },
    });
  },
);

test.each([100, 4096, 65_536, 1_000_000])(
  'only the fields before a large file are known early, in chunks of %i bytes',
  async (chunkSize) => {
    expect(await read(LARGE, chunkSize)).toEqual({
      known: { before: '1' },
      before: { before: '1' },
      content: HELD_BYTES + 1,
      all: { before: '1', after: '2' },
    });
  },
);

test.each([100, 65_536, 1_000_000])(
  'a file of exactly the limit counts as small, in chunks of %i bytes',
  async (size) => {
    expect(await read(FULL, size)).toMatchObject({
      known: { before: '1', after: '2' },
      content: HELD_BYTES,
    });
  },
);

test.each([1, 10_000])(
  'a consumer may read the file immediately, in chunks of %i bytes',
  async (chunkSize) => {
    let content = '';
    const fields = await readForm(slowRequest(SMALL, chunkSize), async (part) => {
      for await (const chunk of part.content) content += chunk.toString();
    });
    expect([content, fields.get('after')]).toEqual(['small', '2']);
  },
);

test.each([1, 10_000])(
  'a form that ends after a small file is malformed, in chunks of %i bytes',
  async (size) => {
    const cut = SMALL.slice(0, SMALL.indexOf('after'));
    await expect(read(cut, size)).rejects.toMatchObject({ code: 'InvalidRequest', statusCode: 400 });
  },
);

test.each([1, 10_000])(
  'the error of a consumer is the error of the form, in chunks of %i bytes',
  async (size) => {
    const reading = readForm(slowRequest(SMALL, size), async (part) => {
      await part.knownFields();
      throw new Error('no space left');
    });
    await expect(reading).rejects.toThrow('no space left');
  },
);
