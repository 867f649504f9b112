/** Why something was refused, empty or not delivered, and what to do: the same text in the terminal, doctor and Studio. */
export interface Explanation {
  /** What kind of cause it is, such as `policy-missing`; stable. */
  readonly kind: string;
  /** What it is about, such as `public.notes`; with `kind` it identifies the explanation. */
  readonly subject: string;
  /** `problem` is worth a line in the terminal; `note` is an ordinary answer that somebody asks about. */
  readonly level: 'problem' | 'note';
  /** One sentence. */
  readonly cause: string;
  /** One sentence. */
  readonly cure: string;
  /** SQL or code to paste. */
  readonly code?: string;
  /** The policies that were evaluated, and other facts behind the cause. */
  readonly details?: readonly string[];
}

export function keyOf({ kind, subject }: Explanation): string {
  return `${kind} ${subject}`;
}
