import { describe, expect, test } from 'vitest';
import { Snapshot } from '../../../plugin/stack/realtime/changes/snapshot.ts';

describe('Snapshot', () => {
  test('includes committed transactions, but not running or later ones', () => {
    const snapshot = new Snapshot('10:20:10,14');
    expect([9, 10, 13, 14, 19, 20].map((xid) => snapshot.includes(xid))).toEqual([
      true,
      false,
      true,
      false,
      true,
      false,
    ]);
  });

  test('compares ids across the 32-bit wrap-around', () => {
    const snapshot = new Snapshot('8589934590:8589934594:');
    expect(snapshot.includes(4294967293)).toBe(true);
    expect(snapshot.includes(1)).toBe(true);
    expect(snapshot.includes(5)).toBe(false);
  });
});
