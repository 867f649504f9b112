/** Milliseconds. */
export interface FunctionTimeouts {
  /** Until the first byte of an answer, and between two; default 150 s, as the CLI's gateway and the hosted platform. */
  readonly request: number;
  /** A process without a call ends after this; default a minute. */
  readonly idle: number;
  /** A process lives no longer; default 400 s, as on the hosted platform. */
  readonly age: number;
}

export const DEFAULT_TIMEOUTS: FunctionTimeouts = Object.freeze({
  request: 150_000,
  idle: 60_000,
  age: 400_000,
});
