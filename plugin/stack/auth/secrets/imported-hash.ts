/** A hash of another system, which users bring along. */
export interface ImportedHash {
  readonly expected: Uint8Array;
  /** Rejects for costs that cannot be afforded. */
  derive(password: string): Promise<Uint8Array>;
}
