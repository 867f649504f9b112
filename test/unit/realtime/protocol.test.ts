import { describe, expect, test } from 'vitest';
import { serializerV1 } from '../../../plugin/stack/realtime/protocol/v1.ts';
import { serializerV2 } from '../../../plugin/stack/realtime/protocol/v2.ts';

const decode = (text: string): ReturnType<typeof serializerV2.decode> =>
  serializerV2.decode(Buffer.from(text), false);

describe('protocol 2.0.0', () => {
  test.each([
    ['["1","2","t","broadcast",{"n":12345678901234567890}]', '{"n":12345678901234567890}'],
    ['["a\\"],[","2","t","e", [1.50, {"x":[]}] ]', ' [1.50, {"x":[]}] '],
    ['["\\\\",null,"t",  "e",{}]', '{}'],
    ['[[1,[2]],{"a":[1,2]},"t","e","]"]', '"]"'],
  ])('keeps the payload text of %s unchanged', (text, payloadText) => {
    expect(decode(text)?.payloadText).toBe(payloadText);
  });

  test.each(['', '{oops', 'null', '5', '[null,"9","phoenix"]', '[1,2,3,4,5]', '{"topic":"t"}'])(
    'ignores %j',
    (text) => {
      expect(decode(text)).toBeUndefined();
    },
  );

  test.each([[], [3], [3, 255], [3, 1, 1, 200, 1, 0, 1, 49], [9, 1, 2, 3], [0, 1]])(
    'ignores bytes %j',
    (...bytes) => {
      expect(serializerV2.decode(Buffer.from(bytes), true)).toBeUndefined();
    },
  );

  test('cannot carry names of more than 255 bytes in a binary frame', () => {
    const broadcast = { event: 'e'.repeat(256), isJson: true, data: Buffer.from('{}') };
    expect(serializerV2.userBroadcast('realtime:t', broadcast, undefined)).toBeUndefined();
    expect(serializerV1.userBroadcast('realtime:t', broadcast, undefined)).toBeInstanceOf(Buffer);
  });

  test.each([0, 125, 126, 65_535, 65_536])('frames %i bytes like RFC 6455', (size) => {
    const frame = serializerV2.push(null, null, 't', 'e', JSON.stringify('x'.repeat(size)));
    const text = `[null,null,"t","e","${'x'.repeat(size)}"]`;
    expect(frame.subarray(-text.length).toString()).toBe(text);
    const length =
      frame[1] === 126
        ? frame.readUInt16BE(2)
        : frame[1] === 127
          ? Number(frame.readBigUInt64BE(2))
          : frame[1];
    expect([frame[0], length]).toEqual([0x81, text.length]);
  });
});
