import { describe, expect, test } from 'vitest';
import { EVERYONE, type TestFamily, type Who } from './ourchat-family.ts';
import type { OurChatClient } from './ourchat-person.ts';

export const MEMBERS: readonly Who[] = ['member', 'owner'];

/** Something that everyone attempts. */
export interface AccessCase {
  readonly what: string;
  /** Who may; everybody else must be refused. */
  readonly allowed: readonly Who[];
  /** @returns whether it worked */
  readonly attempt: (client: OurChatClient) => Promise<boolean>;
}

export const worked = ({ error }: { error: unknown }): boolean => error === null;

/** One test for each case and each person. @param family called when the tests run */
export function describeAccess(cases: readonly AccessCase[], family: () => TestFamily): void {
  describe.each(cases)('$what', ({ allowed, attempt }) => {
    test.each(EVERYONE)('%s', async (who) => {
      expect(await attempt(family().clients[who])).toBe(allowed.includes(who));
    });
  });
}
