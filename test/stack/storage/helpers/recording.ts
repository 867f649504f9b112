import { readFileSync } from 'node:fs';

/** A body as recorded: parsed JSON, text, or only its length and hash. */
export interface RecordedBody {
  readonly json?: unknown;
  readonly text?: string;
  readonly length?: number;
  readonly sha256?: string;
  readonly empty?: boolean;
}

export interface Recording {
  readonly name: string;
  readonly request?: {
    readonly method: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: RecordedBody | null;
  };
  readonly response?: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: RecordedBody;
  };
  readonly sql?: string;
  readonly rows?: readonly RecordedRow[];
  readonly seen?: Readonly<Record<string, Settings>>;
  readonly result?: unknown;
}

export interface RecordedRow {
  readonly name: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly user_metadata: unknown;
}

export type Settings = Readonly<Record<string, string>>;

export const FIXTURES = new URL('../../../fixtures/storage/', import.meta.url);

/** The entries of a file of recordings, in the order in which they were made. */
export function readRecordings(file: string): Recording[] {
  return JSON.parse(readFileSync(new URL(`${file}.json`, FIXTURES), 'utf8')) as Recording[];
}
