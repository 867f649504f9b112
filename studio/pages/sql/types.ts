import type { Explanation } from '../../api.ts';

/** As plugin/studio/sql/run-script.ts. */
export interface StatementResult {
  readonly text: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
  readonly isCut: boolean;
  readonly command?: string;
  readonly count?: number;
  readonly milliseconds: number;
  readonly notices: readonly string[];
  /** Why it found no rows. */
  readonly explanation?: Explanation;
}

export interface SqlFailure {
  readonly message: string;
  readonly code: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly where?: string;
  readonly offset?: number;
  readonly statement?: string;
}

export interface Outcome {
  readonly results: readonly StatementResult[];
  readonly failure?: SqlFailure;
  readonly explanation?: Explanation;
}

/** As plugin/studio/sql/catalogue.ts. */
export interface Catalogue {
  readonly schemas: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly functions: readonly {
    readonly schema: string;
    readonly name: string;
    readonly arguments: string;
  }[];
}
