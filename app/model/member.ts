import type { Enums } from './database.types.ts';

/** Somebody who belongs, or has belonged, to a family. */
export interface Member {
  readonly id: string;
  readonly name: string;
  readonly color: string;
  readonly avatarPath: string | null;
  readonly role: Enums<'family_role'>;
  /** Left the family, or was removed; kept for the names in its history. */
  readonly hasLeft: boolean;
}
