import type { IsolationLevel } from './schema-cache/types.ts';
import type { Statement } from './sql/writer.ts';
import type { Claims } from '../jwt.ts';

/** What was done for a request, for whoever wants to look into it (the inspector). */
export interface RequestExplanation {
  readonly method: string;
  readonly url: string;
  readonly role: string;
  readonly claims: Claims;
  readonly isolationLevel: IsolationLevel;
  readonly readOnly: boolean;
  /** The statement that sets the transaction's settings, and the pre-request function's call. */
  readonly before: readonly Statement[];
  readonly statements: readonly Statement[];
  readonly end: 'commit' | 'rollback';
}
