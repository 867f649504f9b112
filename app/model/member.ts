import type { Enums } from './database.types.ts';

/** A current or former member of a family. */
export interface Member {
  readonly id: string;
  readonly name: string;
  readonly color: string;
  readonly avatarPath: string | null;
  readonly role: Enums<'family_role'>;
  /** Left or was removed; kept so that old messages show a name. */
  readonly hasLeft: boolean;
}
