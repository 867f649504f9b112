import { describe, expect, test } from 'vitest';
import { Snapshot } from '../../../plugin/stack/realtime/changes/snapshot.ts';

describe('Snapshot', () => {
  test('sees what was committed and not what was running or came later', () => {
    const snapshot = new Snapshot('10:20:10,14');
    expect([9, 10, 13, 14, 19, 20].map((xid) => snapshot.sees(xid))).toEqual([
      true,
      false,
      true,
      false,
      true,
      false,
    ]);
  });

  test('compares ids across their wrap-around', () => {
    const snapshot = new Snapshot('8589934590:8589934594:');
    expect(snapshot.sees(4294967293)).toBe(true);
    expect(snapshot.sees(1)).toBe(true);
    expect(snapshot.sees(5)).toBe(false);
  });
});
