/** A user as Auth's admin API has it. */
export interface User {
  readonly id: string;
  readonly role?: string;
  readonly email?: string;
  readonly phone?: string;
  readonly email_confirmed_at?: string;
  readonly phone_confirmed_at?: string;
  readonly invited_at?: string;
  readonly last_sign_in_at?: string;
  readonly created_at: string;
  readonly banned_until?: string;
  readonly is_anonymous?: boolean;
  readonly app_metadata: Readonly<Record<string, unknown>>;
  readonly user_metadata: Readonly<Record<string, unknown>>;
  readonly identities?: readonly Identity[] | null;
  readonly factors?: readonly Factor[];
}

export interface Identity {
  readonly identity_id: string;
  readonly provider: string;
  readonly id: string;
  readonly email?: string;
  readonly last_sign_in_at?: string;
}

export interface Factor {
  readonly id: string;
  readonly friendly_name?: string;
  readonly factor_type: string;
  readonly status: string;
  readonly created_at: string;
}

/** As plugin/studio/sessions.ts. */
export interface Session {
  readonly id: string;
  readonly createdAt: string;
  readonly refreshedAt: string | null;
  readonly until: string | null;
  readonly level: string | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
}

/** What a user is called. */
export function nameOf({ email, phone, id }: User): string {
  return email || (phone ? `+${phone}` : '') || id;
}

export function isBanned({ banned_until }: User): boolean {
  return banned_until !== undefined && Date.parse(banned_until) > Date.now();
}
